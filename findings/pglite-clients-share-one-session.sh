#!/usr/bin/env bash
# PGlite: two clients of its socket server are one session: settings and temporary tables of the one are the other's, a transaction stops both
#
# Version:   @electric-sql/pglite 0.5.14 with @electric-sql/pglite-socket 0.2.17 (npm), Node 20, asyncpg==0.32.0
# Behaviour: With --max-connections 5 a second client is let in. search_path, and everything that SET says, is that of
#            both; a temporary table is seen by both; each has the same process number. While the one has a
#            transaction open, a query of the other waits for its end, a plain SELECT too.
# Output:    the other client's search_path, count of the temporary table and process number; a query that waits until
#            ROLLBACK
# Source:    run on that version
set -euo pipefail

cannot() { echo "cannot be run here: $*" >&2; exit 2; }

tmp=$(mktemp -d /tmp/finding-XXXXXX)
trap 'rm -rf "$tmp"' EXIT
python3 -m venv "$tmp/venv" || cannot "python3 has no venv"
"$tmp/venv/bin/pip" install -q asyncpg==0.32.0 >"$tmp/log" 2>&1 || cannot "pip: $(tail -n 1 "$tmp/log")"
command -v npm node >/dev/null || cannot "npm and node are needed"
(cd "$tmp" && npm install --silent --no-audit --no-fund @electric-sql/pglite@0.5.14 @electric-sql/pglite-socket@0.2.17) >"$tmp/log" 2>&1 || cannot "npm: $(tail -n 1 "$tmp/log")"

cat >"$tmp/look.py" <<'PYTHON'
import asyncio
import os
import signal
import subprocess
import sys

import asyncpg

URL = "postgresql://postgres:postgres@127.0.0.1:{}/postgres?sslmode=disable"


async def connected(port):
    for _ in range(2400):
        try:
            return await asyncpg.connect(URL.format(port))
        except OSError:
            await asyncio.sleep(0.1)
    sys.exit("the server does not start")


async def look(port):
    one, other = await connected(port), await connected(port)
    await one.execute("SET search_path = nowhere; CREATE TEMP TABLE mine (n int)")
    print("search_path of the other:", await other.fetchval("SHOW search_path"))
    print("rows of the temporary table for the other:", await other.fetchval("SELECT count(*) FROM mine"))
    pid = "SELECT pg_backend_pid()"
    print("the same process number:", await one.fetchval(pid) == await other.fetchval(pid))
    await one.execute("BEGIN")
    query = asyncio.create_task(other.fetchval("SELECT 1"))
    done, _ = await asyncio.wait([query], timeout=2)
    print("answered during a transaction of the first:", bool(done))
    await one.execute("ROLLBACK")
    print("answered after it:", await asyncio.wait_for(query, 30) == 1)


port = 40000 + os.getpid() % 20000
command = ["node_modules/.bin/pglite-server", "--port", str(port), "--max-connections", "5"]
server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
try:
    asyncio.run(look(port))
finally:
    server.send_signal(signal.SIGKILL)
    server.wait()
PYTHON

expected=$(cat <<'TEXT'
search_path of the other: nowhere
rows of the temporary table for the other: 0
the same process number: True
answered during a transaction of the first: False
answered after it: True
TEXT
)

found=$(cd "$tmp" && venv/bin/python look.py 2>&1) || true
echo "$found"
diff <(echo "$expected") <(echo "$found") >"$tmp/diff" || { echo "CHANGED:"; cat "$tmp/diff"; exit 1; }
