#!/usr/bin/env bash
# sqlite-utils: transform() of one column loses the table's generated columns, COLLATE and DEFERRABLE, and keeps its CHECKs
#
# Version:   sqlite-utils==4.2.1, with the SQLite that Python brings
# Behaviour: transform() makes a new table and copies the rows. Asked to change the type of one column, it leaves out
#            the generated columns, DEFERRABLE and the columns' COLLATE (a UNIQUE keeps it). CHECK, AUTOINCREMENT,
#            STRICT and the indexes are kept. Nothing is printed; a query for 'X' that found the NOCASE name 'x' finds
#            nothing afterwards.
# Output:    the table before and after: `twice`, COLLATE and DEFERRABLE are missing; the query finds row 1 before and
#            nothing after
# Source:    run on that version
set -euo pipefail

cannot() { echo "cannot be run here: $*" >&2; exit 2; }

tmp=$(mktemp -d /tmp/finding-XXXXXX)
trap 'rm -rf "$tmp"' EXIT
python3 -m venv "$tmp/venv" || cannot "python3 has no venv"
"$tmp/venv/bin/pip" install -q sqlite-utils==4.2.1 >"$tmp/log" 2>&1 || cannot "pip: $(tail -n 1 "$tmp/log")"

cat >"$tmp/look.py" <<'PYTHON'
import sqlite_utils

database = sqlite_utils.Database(memory=True)
database.conn.executescript(
    """
    CREATE TABLE shop (id integer PRIMARY KEY);
    CREATE TABLE item (
        id integer PRIMARY KEY,
        name text COLLATE nocase UNIQUE,
        amount integer CHECK (amount > 0),
        twice integer GENERATED ALWAYS AS (amount * 2),
        shop integer REFERENCES shop DEFERRABLE INITIALLY DEFERRED
    );
    INSERT INTO item (id, name, amount) VALUES (1, 'x', 2);
    """
)


def found():
    return [row["id"] for row in database["item"].rows_where("name = 'X'")]


print("name = 'X' finds", found())
database["item"].transform(types={"amount": float})
print(database["item"].schema)
print("name = 'X' finds", found())
PYTHON

expected=$(cat <<'TEXT'
name = 'X' finds [1]
CREATE TABLE "item" (
   "id" INTEGER PRIMARY KEY,
   "name" TEXT,
   "amount" REAL CHECK (amount > 0),
   "shop" INTEGER REFERENCES "shop"("id"),
   UNIQUE ("name" COLLATE "nocase")
)
name = 'X' finds []
TEXT
)

found=$(cd "$tmp" && venv/bin/python look.py 2>&1) || true
echo "$found"
diff <(echo "$expected") <(echo "$found") >"$tmp/diff" || { echo "CHANGED:"; cat "$tmp/diff"; exit 1; }
