#!/usr/bin/env bash
# SQLite: DROP CONSTRAINT takes a foreign key away, unless its text says NOT DEFERRABLE
#
# Version:   apsw==3.54.1.0 (SQLite 3.54.1); 3.53.4 drops no foreign key at all
# Behaviour: 3.54 drops a named foreign key in place, of a column or of a table, with its actions and DEFERRABLE INITIALLY
#            DEFERRED. NOT DEFERRABLE, which is the same as saying nothing, ends in a syntax error of SQLite's own
#            rewriting: it stops before the word NOT and leaves the rest in the table's text. The table stays as it was.
# Output:    the first two tables have no foreign key any more, the third has, with the error before it
# Source:    run on that version
set -euo pipefail

cannot() { echo "cannot be run here: $*" >&2; exit 2; }

tmp=$(mktemp -d /tmp/finding-XXXXXX)
trap 'rm -rf "$tmp"' EXIT
python3 -m venv "$tmp/venv" || cannot "python3 has no venv"
"$tmp/venv/bin/pip" install -q apsw==3.54.1.0 >"$tmp/log" 2>&1 || cannot "pip: $(tail -n 1 "$tmp/log")"

cat >"$tmp/look.py" <<'PYTHON'
import apsw

KEYS = (
    "a int CONSTRAINT k REFERENCES p (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED, b int",
    "a int, b int, CONSTRAINT k FOREIGN KEY (a) REFERENCES p (id) ON UPDATE SET NULL",
    "a int, b int, CONSTRAINT k FOREIGN KEY (a) REFERENCES p (id) NOT DEFERRABLE",
)
for number, columns in enumerate(KEYS, 1):
    database = apsw.Connection(":memory:")
    database.execute(f"CREATE TABLE t{number} ({columns})")
    try:
        database.execute(f"ALTER TABLE t{number} DROP CONSTRAINT k")
    except apsw.SQLError as error:
        print(error)
    print(*database.execute("SELECT sql FROM sqlite_master").fetchone())
PYTHON

expected=$(cat <<'TEXT'
CREATE TABLE t1 (a int, b int)
CREATE TABLE t2 (a int, b int)
error in table t3 after drop constraint: near "NOT": syntax error
CREATE TABLE t3 (a int, b int, CONSTRAINT k FOREIGN KEY (a) REFERENCES p (id) NOT DEFERRABLE)
TEXT
)

found=$("$tmp/venv/bin/python" "$tmp/look.py" 2>&1) || true
echo "$found"
diff <(echo "$expected") <(echo "$found") >"$tmp/diff" || { echo "CHANGED:"; cat "$tmp/diff"; exit 1; }
