#!/usr/bin/env bash
# aerich: inspectdb on SQLite makes the first column of every UNIQUE unique, and of every composite key the key
#
# Version:   aerich==0.10.1 with tortoise-orm==1.1.9, with the SQLite that Python brings
# Behaviour: inspectdb looks at the first column of each index alone: UNIQUE (shop, number) is printed as unique=True
#            of shop, a partial unique index as unique=True for all rows, and of PRIMARY KEY (shop, day) the first
#            column alone is primary_key. A column that SQLite's DDL calls INT is a BooleanField, INTEGER an IntField.
#            Models made so refuse most rows of the very database that they were read from.
# Output:    shop has unique=True, so has seat for all rows, state is a BooleanField; the second model has one key
#            column
# Source:    run on that version; aerich/inspectdb/sqlite.py
set -euo pipefail

cannot() { echo "cannot be run here: $*" >&2; exit 2; }

tmp=$(mktemp -d /tmp/finding-XXXXXX)
trap 'rm -rf "$tmp"' EXIT
python3 -m venv "$tmp/venv" || cannot "python3 has no venv"
"$tmp/venv/bin/pip" install -q aerich==0.10.1 tortoise-orm==1.1.9 >"$tmp/log" 2>&1 || cannot "pip: $(tail -n 1 "$tmp/log")"

cat >"$tmp/look.py" <<'PYTHON'
import asyncio
import sqlite3
import warnings

from aerich.inspectdb.sqlite import InspectSQLite
from tortoise import Tortoise, connections

warnings.simplefilter("ignore")  # no model is needed

with sqlite3.connect("shop.db") as database:
    database.executescript(
        """
        CREATE TABLE booking (
            id INTEGER PRIMARY KEY, shop INTEGER NOT NULL, number INTEGER NOT NULL, seat INTEGER NOT NULL,
            state INT NOT NULL, UNIQUE (shop, number)
        );
        CREATE UNIQUE INDEX taken ON booking (seat) WHERE state = 1;
        CREATE TABLE closed (shop INTEGER NOT NULL, day INTEGER NOT NULL, PRIMARY KEY (shop, day));
        INSERT INTO booking VALUES (1, 7, 1, 5, 1), (2, 7, 2, 5, 3);
        """
    )
database.close()


async def inspect():
    await Tortoise.init(db_url="sqlite://shop.db", modules={"shop": ["__main__"]})
    for table in "booking", "closed":
        print(await InspectSQLite(connections.get("default"), [table]).inspect())
    await Tortoise.close_connections()


asyncio.run(inspect())
PYTHON

expected=$(cat <<'TEXT'
from tortoise import Model, fields

class Booking(Model):
    id = fields.IntField(primary_key=True)
    shop = fields.IntField(unique=True)
    number = fields.IntField()
    seat = fields.IntField(unique=True)
    state = fields.BooleanField()
from tortoise import Model, fields

class Closed(Model):
    shop = fields.IntField(primary_key=True)
    day = fields.IntField()
TEXT
)

found=$(cd "$tmp" && venv/bin/python look.py 2>&1) || true
echo "$found"
diff <(echo "$expected") <(echo "$found") >"$tmp/diff" || { echo "CHANGED:"; cat "$tmp/diff"; exit 1; }
