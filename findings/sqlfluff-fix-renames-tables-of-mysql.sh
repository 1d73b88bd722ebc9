#!/usr/bin/env bash
# sqlfluff: fix for MySQL writes names of tables in another case, which on Linux names other tables
#
# Version:   sqlfluff==4.5.0
# Behaviour: The rule CP02, which is on, gives all names of a file that have no quotes the case of the first one,
#            tables among them. MySQL's and MariaDB's tables have names with case on Linux (lower_case_table_names =
#            0): the statement fails, or reads another table.
# Output:    Users becomes users because of an alias u, and t becomes T because of a column Name
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
    "SELECT u.id FROM Users AS u;\n",
    "SELECT `Name` FROM t;\n",
):
    for line in fix(text, dialect="mysql").splitlines():
        print(line)
    print()
PYTHON

expected=$(cat <<'TEXT'
SELECT u.id FROM users AS u;

SELECT Name FROM T;
TEXT
)

found=$(cd "$tmp" && venv/bin/python look.py 2>&1) || true
echo "$found"
diff <(echo "$expected") <(echo "$found") >"$tmp/diff" || { echo "CHANGED:"; cat "$tmp/diff"; exit 1; }
