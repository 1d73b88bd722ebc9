#!/usr/bin/env bash
# sqlfluff: fix puts simple columns before calculated ones where their order says what they are: in a row comparison, a materialised view
#
# Version:   sqlfluff==4.5.0
# Behaviour: The rule ST06, which is on, moves plain columns in front of expressions. It leaves views, INSERT and
#            CREATE TABLE AS alone, where the order counts. It does not leave alone a materialised view with names for
#            its columns, whose values change places, nor the query of (a, b) IN (...), which compares a with b from
#            then on. Both are called fixed without a word.
# Output:    total and name swapped in the materialised view, and in IN; the view and INSERT are as they were
# Source:    run on that version
set -euo pipefail

cannot() { echo "cannot be run here: $*" >&2; exit 2; }

tmp=$(mktemp -d /tmp/finding-XXXXXX)
trap 'rm -rf "$tmp"' EXIT
python3 -m venv "$tmp/venv" || cannot "python3 has no venv"
"$tmp/venv/bin/pip" install -q sqlfluff==4.5.0 >"$tmp/log" 2>&1 || cannot "pip: $(tail -n 1 "$tmp/log")"

cat >"$tmp/look.py" <<'PYTHON'
from sqlfluff import fix

for text in (
    "CREATE VIEW v (total, name) AS SELECT a + 1, b FROM t;\n",
    "CREATE MATERIALIZED VIEW v (total, name) AS SELECT a + 1, b FROM t;\n",
    "INSERT INTO v (total, name) SELECT a + 1, b FROM t;\n",
    "SELECT 1 FROM v WHERE (total, name) IN (SELECT a + 1, b FROM t);\n",
):
    print(" ".join(fix(text, dialect="postgres").split()))
PYTHON

expected=$(cat <<'TEXT'
CREATE VIEW v (total, name) AS SELECT a + 1, b FROM t;
CREATE MATERIALIZED VIEW v (total, name) AS SELECT b, a + 1 FROM t;
INSERT INTO v (total, name) SELECT a + 1, b FROM t;
SELECT 1 FROM v WHERE (total, name) IN (SELECT b, a + 1 FROM t);
TEXT
)

found=$(cd "$tmp" && venv/bin/python look.py 2>&1) || true
echo "$found"
diff <(echo "$expected") <(echo "$found") >"$tmp/diff" || { echo "CHANGED:"; cat "$tmp/diff"; exit 1; }
