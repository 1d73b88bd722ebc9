#!/usr/bin/env bash
# SQLite: ADD COLUMN makes a column of a word that was a string in a CHECK, a view and a trigger, and DROP COLUMN a string of a column
#
# Version:   apsw==3.54.1.0 (SQLite 3.54.1) with strings in double quotes taken, as Python's sqlite3 does; the same
#            with 3.40.1
# Behaviour: A word in double quotes that names no column is a string, and which of the two it is, is asked again
#            after every ALTER TABLE. Adding a column of that name is taken without a word: the CHECK lets through
#            what it refused, the view and the trigger answer NULL. Dropping a column that a view names in double
#            quotes is taken as well, and the view answers the column's name from then on, while the same word in a
#            CHECK or an index stops the DROP.
# Output:    refused before, taken after ADD COLUMN; the view's and the trigger's `open` become None; after DROP
#            COLUMN the view says `note`
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
database.config(apsw.SQLITE_DBCONFIG_DQS_DDL, 1)
database.config(apsw.SQLITE_DBCONFIG_DQS_DML, 1)


def run(statement):
    try:
        rows = database.execute(statement).fetchall()
    except apsw.Error as error:
        print("REFUSED", statement)
    else:
        print(statement, *rows)


run("""CREATE TABLE task (title text CHECK (title <> "open"), note text, rank int CHECK ("rank" > 0))""")
run("""CREATE TABLE seen (what text)""")
run("""CREATE VIEW state AS SELECT "open" FROM task""")
run("""CREATE VIEW notes AS SELECT "note" FROM task""")
run("""CREATE TRIGGER changed AFTER UPDATE ON task BEGIN INSERT INTO seen SELECT "open" FROM task; END""")
run("INSERT INTO task VALUES ('open', 'hello', 1)")
run("INSERT INTO task VALUES ('wash', 'hello', 1)")
run("UPDATE task SET rank = 2")
run("SELECT * FROM state")
run("ALTER TABLE task ADD COLUMN open text")
run("INSERT INTO task VALUES ('open', 'hello', 1, NULL)")
run("DELETE FROM task WHERE title = 'open'")
run("UPDATE task SET rank = 3")
run("SELECT * FROM state")
run("SELECT * FROM seen")
run("SELECT * FROM notes")
run("ALTER TABLE task DROP COLUMN note")
run("SELECT * FROM notes")
run("ALTER TABLE task DROP COLUMN open")
PYTHON

expected=$(cat <<'TEXT'
REFUSED INSERT INTO task VALUES ('open', 'hello', 1)
INSERT INTO task VALUES ('wash', 'hello', 1)
UPDATE task SET rank = 2
SELECT * FROM state ('open',)
ALTER TABLE task ADD COLUMN open text
INSERT INTO task VALUES ('open', 'hello', 1, NULL)
DELETE FROM task WHERE title = 'open'
UPDATE task SET rank = 3
SELECT * FROM state (None,)
SELECT * FROM seen ('open',) (None,)
SELECT * FROM notes ('hello',)
ALTER TABLE task DROP COLUMN note
SELECT * FROM notes ('note',)
REFUSED ALTER TABLE task DROP COLUMN open
TEXT
)

found=$("$tmp/venv/bin/python" "$tmp/look.py" 2>&1 | sed 1,5d) || true
echo "$found"
diff <(echo "$expected") <(echo "$found") >"$tmp/diff" || { echo "CHANGED:"; cat "$tmp/diff"; exit 1; }
