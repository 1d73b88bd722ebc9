#!/usr/bin/env bash
# SQLite: a number as default of a text column has one value for the rows that were there and another for new ones
#
# Version:   apsw==3.54.1.0 (SQLite 3.54.1); the same with 3.40.1
# Behaviour: ADD COLUMN price text DEFAULT 1.50 gives the rows that are there the text as it was typed, '1.50', and
#            every new row the number written anew, '1.5'. 10.00 and 1e3 do the same, 007 does not. An UPDATE of
#            another column and VACUUM write '1.50' for good, so that one default has left two values that no
#            comparison takes for equal.
# Output:    row 1 (older than the column) and row 2 differ in each column but the last; a search for the default
#            finds row 2 alone
# Source:    run on both versions
set -euo pipefail

cannot() { echo "cannot be run here: $*" >&2; exit 2; }

tmp=$(mktemp -d /tmp/finding-XXXXXX)
trap 'rm -rf "$tmp"' EXIT
python3 -m venv "$tmp/venv" || cannot "python3 has no venv"
"$tmp/venv/bin/pip" install -q apsw==3.54.1.0 >"$tmp/log" 2>&1 || cannot "pip: $(tail -n 1 "$tmp/log")"

cat >"$tmp/look.py" <<'PYTHON'
import apsw

database = apsw.Connection(":memory:")


def run(statement):
    for row in database.execute(statement):
        print(*row)


run("CREATE TABLE item (id integer PRIMARY KEY, name text)")
run("INSERT INTO item VALUES (1, 'old')")
run("ALTER TABLE item ADD COLUMN price text DEFAULT 1.50")
run("ALTER TABLE item ADD COLUMN weight varchar(9) DEFAULT 10.00")
run("ALTER TABLE item ADD COLUMN amount text DEFAULT (1e3)")
run("ALTER TABLE item ADD COLUMN number text DEFAULT 007")
run("INSERT INTO item (id, name) VALUES (2, 'new')")
run("SELECT * FROM item")
run("SELECT 'found', id FROM item WHERE price = 1.50")
run("UPDATE item SET name = 'changed'")
run("VACUUM")
run("SELECT * FROM item")
print(*database.execute("PRAGMA integrity_check").fetchone())
PYTHON

expected=$(cat <<'TEXT'
1 old 1.50 10.00 1e3 7
2 new 1.5 10.0 1000.0 7
found 2
1 changed 1.50 10.00 1e3 7
2 changed 1.5 10.0 1000.0 7
ok
TEXT
)

found=$("$tmp/venv/bin/python" "$tmp/look.py" 2>&1) || true
echo "$found"
diff <(echo "$expected") <(echo "$found") >"$tmp/diff" || { echo "CHANGED:"; cat "$tmp/diff"; exit 1; }
