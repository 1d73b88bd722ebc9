#!/usr/bin/env bash
# Tortoise: a class with another name renames the table that its Meta.table names, and another Meta.table renames none
#
# Version:   tortoise-orm==1.1.9 with aiosqlite==0.22.1, on SQLite
# Behaviour: For a class that has a new name and the same Meta.table, makemigrations writes a RenameModel, and migrate
#            renames the table after the class. The model still says the old name, so every query fails from then on. For
#            another Meta.table it says "No changes detected", the table keeps its name, and every query fails as
#            well. Either way both commands end with 0, and makemigrations has nothing to add afterwards.
# Output:    the operations, the exit codes, and what a query of the model says afterwards
# Source:    run on that version
set -euo pipefail

cannot() { echo "cannot be run here: $*" >&2; exit 2; }

tmp=$(mktemp -d /tmp/finding-XXXXXX)
trap 'rm -rf "$tmp"' EXIT

python3 -m venv "$tmp/venv" || cannot "python3 has no venv"
"$tmp/venv/bin/pip" install -q tortoise-orm==1.1.9 aiosqlite==0.22.1 >"$tmp/log" 2>&1 || cannot "pip: $(tail -n 1 "$tmp/log")"

export PYTHONPATH=.
cat >"$tmp/settings.py" <<'PYTHON'
TORTOISE_ORM = {
    "connections": {"default": "sqlite://db.sqlite3"},
    "apps": {"shop": {"models": ["shop.models"], "default_connection": "default", "migrations": "shop.migrations"}},
}
PYTHON

tortoise() { "$tmp/venv/bin/tortoise" -c settings.TORTOISE_ORM "$@" >"$tmp/log" 2>&1; }
model() { # the class, then the lines of its body; one more model of the app
  printf 'class %s(Model):\n    id = fields.IntField(primary_key=True)\n' "$1" >>shop/models.py
  printf '    %s\n' "${@:2}" '' >>shop/models.py
}
begin() { # the project, and what its models import
  rm -rf "$tmp/project" && mkdir -p "$tmp/project/shop" && cd "$tmp/project"
  cp "$tmp/settings.py" . && touch shop/__init__.py && again
}
again() { printf 'from tortoise import Model, fields\n\n\n' >shop/models.py; }
first() { # the first migration, and a statement after it
  tortoise init && tortoise makemigrations && tortoise migrate || cannot "$(tail -n 1 "$tmp/log")"
  python3 -c 'import sqlite3, sys; c = sqlite3.connect("db.sqlite3"); c.execute(sys.argv[1]); c.commit()' "$1"
}
second() { # the second migration: what it says, and the rows afterwards
  echo "$1"
  local code=0
  tortoise makemigrations </dev/null || code=$?
  echo "  makemigrations: $code$(sed -n 's/.*No changes detected.*/, no changes detected/p' "$tmp/log")"
  tr -d ' \n' 2>/dev/null <<<"$(cat shop/migrations/0002*.py 2>/dev/null)" | grep -o 'ops\.[A-Za-z]*([^)]*)' | sed 's/^/  /; s/,)$/)/' || true
  tortoise migrate && echo "  migrate: 0" || echo "  migrate: 1"
  "$tmp/venv/bin/python" - <<'PYTHON'
import asyncio

import settings
from tortoise import Tortoise
from tortoise.exceptions import OperationalError


async def main():
    await Tortoise.init(config=settings.TORTOISE_ORM)
    for model in Tortoise.apps["shop"].values():
        try:
            print(f"  {model.__name__}:", *[dict(sorted(row.items())) for row in await model.all().values()])
        except OperationalError as error:
            print(f"  {model.__name__}: {error}")
    await Tortoise.close_connections()


asyncio.run(main())
PYTHON
}

table() { model "$1" "name = fields.CharField(20)" "" "class Meta:" "    table = '$2'"; }
after() { # what makemigrations says of the same models once more
  tortoise makemigrations </dev/null && echo "  makemigrations: 0$(sed -n 's/.*No changes detected.*/, no changes detected/p' "$tmp/log")"
}

seen() {
  begin
  table Customer customer
  first "INSERT INTO customer (name) VALUES ('Ann')"
  again
  table Client customer
  second "the class is Client, the table customer as before:"
  after

  begin
  table Customer customer
  first "INSERT INTO customer (name) VALUES ('Ann')"
  again
  table Customer client
  second "the table is client, the class Customer as before:"
  after
}

expected=$(cat <<'TEXT'
the class is Client, the table customer as before:
  makemigrations: 0
  ops.RenameModel(old_name='Customer',new_name='Client')
  migrate: 0
  Client: no such table: customer
  makemigrations: 0, no changes detected
the table is client, the class Customer as before:
  makemigrations: 0, no changes detected
  migrate: 0
  Customer: no such table: client
  makemigrations: 0, no changes detected
TEXT
)

found=$(seen 2>&1) || true
echo "$found"
diff <(echo "$expected") <(echo "$found") >"$tmp/diff" || { echo "CHANGED:"; cat "$tmp/diff"; exit 1; }
