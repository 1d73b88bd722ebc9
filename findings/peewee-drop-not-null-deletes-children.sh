#!/usr/bin/env bash
# peewee: drop_not_null on SQLite deletes the rows that refer to the table, loses its triggers, and stops half-way under a view
#
# Version:   peewee==4.5.3, with the SQLite that Python brings
# Behaviour: SqliteMigrator makes a new table, drops the old one and renames. With foreign_keys on, DROP TABLE deletes
#            every row of the tables that refer to it with ON DELETE CASCADE. Triggers and STRICT are gone, the
#            indexes come back. Where a view reads the table, the rename fails after the DROP, and the rows stay in
#            item__tmp__ and the table is missing. add_not_null and alter_column_type go the same way.
# Output:    one part before, none after, no trigger, no STRICT; with a view: an error, no `item`, its row in
#            item__tmp__
# Source:    run on that version
set -euo pipefail

cannot() { echo "cannot be run here: $*" >&2; exit 2; }

tmp=$(mktemp -d /tmp/finding-XXXXXX)
trap 'rm -rf "$tmp"' EXIT
python3 -m venv "$tmp/venv" || cannot "python3 has no venv"
"$tmp/venv/bin/pip" install -q peewee==4.5.3 >"$tmp/log" 2>&1 || cannot "pip: $(tail -n 1 "$tmp/log")"

cat >"$tmp/look.py" <<'PYTHON'
from peewee import OperationalError, SqliteDatabase
from playhouse.migrate import SqliteMigrator, migrate


def look(*more):
    database = SqliteDatabase(":memory:", pragmas={"foreign_keys": 1})
    for statement in (
        "CREATE TABLE item (id INTEGER PRIMARY KEY, price INTEGER NOT NULL) STRICT",
        "CREATE TABLE part (id INTEGER PRIMARY KEY, item INTEGER REFERENCES item ON DELETE CASCADE)",
        "CREATE TABLE log (price INTEGER)",
        "CREATE TRIGGER noted AFTER UPDATE ON item BEGIN INSERT INTO log VALUES (NEW.price); END",
        "CREATE INDEX cheap ON item (price) WHERE price < 10",
        "INSERT INTO item VALUES (1, 5)",
        "INSERT INTO part VALUES (1, 1)",
        *more,
    ):
        database.execute_sql(statement)

    def show():
        (parts,) = database.execute_sql("SELECT count(*) FROM part").fetchone()
        print("parts:", parts)
        for name, text in database.execute_sql(
            "SELECT name, sql FROM sqlite_master WHERE name NOT IN ('part', 'log') ORDER BY name"
        ).fetchall():
            print(" ", name, "STRICT" if text.endswith("STRICT") else "")

    show()
    try:
        migrate(SqliteMigrator(database).drop_not_null("item", "price"))
    except OperationalError as error:
        print("ERROR", error)
    show()


look()
look("CREATE VIEW prices AS SELECT price FROM item")
PYTHON

expected=$(cat <<'TEXT'
parts: 1
  cheap
  item STRICT
  noted
parts: 0
  cheap
  item
parts: 1
  cheap
  item STRICT
  noted
  prices
ERROR error in view prices: no such table: main.item
parts: 0
  item__tmp__
  prices
TEXT
)

found=$("$tmp/venv/bin/python" "$tmp/look.py" 2>&1 | sed "s/ *$//") || true
echo "$found"
diff <(echo "$expected") <(echo "$found") >"$tmp/diff" || { echo "CHANGED:"; cat "$tmp/diff"; exit 1; }
