#!/usr/bin/env bash
# Tortoise: two fields that are renamed at once may swap their values, since renames are guessed in the order of the alphabet
#
# Version:   tortoise-orm==1.1.9 with aiosqlite==0.22.1, on SQLite
# Behaviour: Fields that are gone from a model and new ones of the same kind are paired by makemigrations, both sides in the
#            order of the alphabet, without a question and without a word about it: home and work, renamed to private
#            and office, become office and private, each with the other's values. A new field that has nothing to do
#            with a removed one takes over its column and what stands in it, and so does a new model with the fields of
#            a removed one: its table and its rows.
# Output:    the operations that were written, the exit codes, and the rows as the models read them afterwards
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

seen() {
  begin
  model Customer "home = fields.CharField(20)" "work = fields.CharField(20)"
  first "INSERT INTO customer (home, work) VALUES ('of home', 'of work')"
  again
  model Customer "private = fields.CharField(20)" "office = fields.CharField(20)"
  second "home is private and work is office from now on:"

  begin
  model Customer "note = fields.CharField(20, null=True)"
  first "INSERT INTO customer (note) VALUES ('of note')"
  again
  model Customer "city = fields.CharField(20, null=True)"
  second "note is removed, city is new:"

  begin
  model Customer "name = fields.CharField(20)"
  first "INSERT INTO customer (name) VALUES ('of a customer')"
  again
  model Supplier "name = fields.CharField(20)"
  second "Customer is removed, Supplier is new:"
}

expected=$(cat <<'TEXT'
home is private and work is office from now on:
  makemigrations: 0
  ops.RenameField(model_name='Customer',old_name='home',new_name='office')
  ops.RenameField(model_name='Customer',old_name='work',new_name='private')
  migrate: 0
  Customer: {'id': 1, 'office': 'of home', 'private': 'of work'}
note is removed, city is new:
  makemigrations: 0
  ops.RenameField(model_name='Customer',old_name='note',new_name='city')
  migrate: 0
  Customer: {'city': 'of note', 'id': 1}
Customer is removed, Supplier is new:
  makemigrations: 0
  ops.RenameModel(old_name='Customer',new_name='Supplier')
  migrate: 0
  Supplier: {'id': 1, 'name': 'of a customer'}
TEXT
)

found=$(seen 2>&1) || true
echo "$found"
diff <(echo "$expected") <(echo "$found") >"$tmp/diff" || { echo "CHANGED:"; cat "$tmp/diff"; exit 1; }
