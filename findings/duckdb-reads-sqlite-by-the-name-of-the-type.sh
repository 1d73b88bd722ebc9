#!/usr/bin/env bash
# DuckDB: of a SQLite table a text without a type comes as bytes, a clock time not at all, the key in another order, a generated column never
#
# Version:   DuckDB 1.5.5 with its sqlite_scanner, from the wheels duckdb and duckdb-extension-sqlite-scanner, and
#            Python's SQLite
# Behaviour: The type of an attached SQLite column is guessed from its name: time is TIMESTAMP, so that 10:00 stops the
#            query; a column without a type is BLOB, so that the text 'x' comes as bytes; a decimal is DOUBLE, a
#            boolean BIGINT. PRIMARY KEY (b, a) is read as (a, b). A generated column is missing from the table as from
#            SELECT *, and UNIQUE, CHECK and foreign keys from duckdb_constraints().
# Output:    the CREATE TABLE that DuckDB shows for SQLite's, its constraints, the rows that come, and the error
# Source:    run on that version
set -euo pipefail

cannot() { echo "cannot be run here: $*" >&2; exit 2; }

tmp=$(mktemp -d /tmp/finding-XXXXXX)
trap 'rm -rf "$tmp"' EXIT
python3 -m venv "$tmp/venv" || cannot "python3 has no venv"
"$tmp/venv/bin/pip" install -q duckdb==1.5.5 duckdb-extensions==1.5.5 duckdb-extension-sqlite-scanner==1.5.5 >"$tmp/log" 2>&1 || cannot "pip: $(tail -n 1 "$tmp/log")"

cat >"$tmp/look.py" <<'PYTHON'
import sqlite3

import duckdb
from duckdb_extensions import import_extension

with sqlite3.connect("shop.db") as connection:
    connection.executescript("""
        CREATE TABLE item (
            id integer PRIMARY KEY, price decimal(10,2) CHECK (price > 0), twice decimal AS (price * 2) STORED,
            sold boolean, note, code text UNIQUE, opens time
        );
        INSERT INTO item (price, sold, note, code) VALUES (1.1, 1, 'x', 'a');
        CREATE TABLE place (a int, b text, item int REFERENCES item, PRIMARY KEY (b, a));
    """)
connection.close()

import_extension("sqlite_scanner")
duck = duckdb.connect()
duck.execute("ATTACH 'shop.db' AS shop (TYPE sqlite)")


def show(query):
    try:
        for row in duck.execute(query).fetchall():
            print(*row)
    except duckdb.Error as error:
        print("ERROR", str(error).splitlines()[0])


show("SELECT sql FROM duckdb_tables() WHERE database_name = 'shop'")
show("SELECT table_name, constraint_text FROM duckdb_constraints() WHERE database_name = 'shop' ORDER BY ALL")
show("SELECT * FROM shop.item")
show("SELECT twice FROM shop.item")
with sqlite3.connect("shop.db") as connection:
    connection.execute("UPDATE item SET opens = '10:00'")
connection.close()
show("SELECT opens FROM shop.item")
PYTHON

expected=$(cat <<'TEXT'
CREATE TABLE item(id BIGINT PRIMARY KEY, price DOUBLE, sold BIGINT, note BLOB, code VARCHAR, opens TIMESTAMP);
CREATE TABLE place(a BIGINT, b VARCHAR, item BIGINT, PRIMARY KEY(a, b));
item PRIMARY KEY()
place PRIMARY KEY(a, b)
1 1.1 1 b'x' a None
ERROR Binder Error: Referenced column "twice" not found in FROM clause!
ERROR Conversion Error: invalid timestamp field format: "10:00", expected format is (YYYY-MM-DD HH:MM:SS[.US][±HH[:MM[:SS]]| ZONE])
TEXT
)

found=$(cd "$tmp" && venv/bin/python look.py 2>&1) || true
echo "$found"
diff <(echo "$expected") <(echo "$found") >"$tmp/diff" || { echo "CHANGED:"; cat "$tmp/diff"; exit 1; }
