#!/usr/bin/env bash
# sqlglot: SQLite's types come back as others, which makes a row number of an INT key and a rounded number of NUMERIC
#
# Version:   sqlglot==30.30.0, with the SQLite that Python brings
# Behaviour: Read and written as SQLite, INT PRIMARY KEY becomes INTEGER PRIMARY KEY, which alone is the row's number:
#            NULL counts on where it was stored, and a text that was taken is refused. CAST(… AS NUMERIC) becomes
#            CAST(… AS REAL), which rounds large whole numbers. Nothing warns.
# Output:    the key NULL becomes 1, the key 'a' is refused; 9007199254740993 becomes 9007199254740992.0
# Source:    run on that version
set -euo pipefail

cannot() { echo "cannot be run here: $*" >&2; exit 2; }

tmp=$(mktemp -d /tmp/finding-XXXXXX)
trap 'rm -rf "$tmp"' EXIT
python3 -m venv "$tmp/venv" || cannot "python3 has no venv"
"$tmp/venv/bin/pip" install -q sqlglot==30.30.0 >"$tmp/log" 2>&1 || cannot "pip: $(tail -n 1 "$tmp/log")"

cat >"$tmp/look.py" <<'PYTHON'
import sqlite3

import sqlglot


def run(script):
    database = sqlite3.connect(":memory:")
    for statement in script:
        print(statement)
        try:
            for row in database.execute(statement):
                print("  ", *row)
        except sqlite3.Error as error:
            print("   REFUSED", error)
    database.close()


SCRIPT = (
    "CREATE TABLE item (key INT PRIMARY KEY)",
    "INSERT INTO item VALUES (NULL)",
    "INSERT INTO item VALUES ('a')",
    "SELECT * FROM item",
    "SELECT CAST('9007199254740993' AS NUMERIC)",
)
run(SCRIPT)
print("as sqlglot writes it:")
run(sqlglot.transpile("; ".join(SCRIPT), read="sqlite", write="sqlite"))
PYTHON

expected=$(cat <<'TEXT'
CREATE TABLE item (key INT PRIMARY KEY)
INSERT INTO item VALUES (NULL)
INSERT INTO item VALUES ('a')
SELECT * FROM item
   None
   a
SELECT CAST('9007199254740993' AS NUMERIC)
   9007199254740993
as sqlglot writes it:
CREATE TABLE item (key INTEGER PRIMARY KEY)
INSERT INTO item VALUES (NULL)
INSERT INTO item VALUES ('a')
   REFUSED datatype mismatch
SELECT * FROM item
   1
SELECT CAST('9007199254740993' AS REAL)
   9007199254740992.0
TEXT
)

found=$("$tmp/venv/bin/python" "$tmp/look.py" 2>&1) || true
echo "$found"
diff <(echo "$expected") <(echo "$found") >"$tmp/diff" || { echo "CHANGED:"; cat "$tmp/diff"; exit 1; }
