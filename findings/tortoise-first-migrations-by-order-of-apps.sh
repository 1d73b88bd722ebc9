#!/usr/bin/env bash
# Tortoise: migrate cannot run what makemigrations has just written where an app refers to a later one of the settings
#
# Version:   tortoise-orm==1.1.9 with aiosqlite==0.22.1, on SQLite
# Behaviour: The first migration of an app never depends on that of another, even where it has a foreign key to it. They
#            are run in the order in which the settings name the apps: with the referring app in front, migrate ends in
#            a RuntimeError over a model "that was never created in this migration sequence" and creates no table;
#            the same models with the two apps named the other way round are migrated.
# Output:    no `dependencies` in either migration; 1 and no table for the one order, 0 and both for the other
# Source:    run on that version
set -euo pipefail

cannot() { echo "cannot be run here: $*" >&2; exit 2; }

tmp=$(mktemp -d /tmp/finding-XXXXXX)
trap 'rm -rf "$tmp"' EXIT

python3 -m venv "$tmp/venv" || cannot "python3 has no venv"
"$tmp/venv/bin/pip" install -q tortoise-orm==1.1.9 aiosqlite==0.22.1 >"$tmp/log" 2>&1 || cannot "pip: $(tail -n 1 "$tmp/log")"

project() { # the two apps in their order in the settings
  mkdir -p sales people && touch sales/__init__.py people/__init__.py
  cat >people/models.py <<'PYTHON'
from tortoise import Model, fields


class Customer(Model):
    id = fields.IntField(primary_key=True)
PYTHON
  cat >sales/models.py <<'PYTHON'
from tortoise import Model, fields


class Order(Model):
    id = fields.IntField(primary_key=True)
    customer = fields.ForeignKeyField("people.Customer")
PYTHON
  cat >settings.py <<PYTHON
TORTOISE_ORM = {
    "connections": {"default": "sqlite://db.sqlite3"},
    "apps": {
        name: {"models": [f"{name}.models"], "default_connection": "default", "migrations": f"{name}.migrations"}
        for name in "$1 $2".split()
    },
}
PYTHON
}

seen() { # an order of the apps
  mkdir "$tmp/$1-$2" && cd "$tmp/$1-$2" && project "$1" "$2"
  export PYTHONPATH=.
  "$tmp/venv/bin/tortoise" -c settings.TORTOISE_ORM init >"$tmp/log" 2>&1 || cannot "$(tail -n 1 "$tmp/log")"
  "$tmp/venv/bin/tortoise" -c settings.TORTOISE_ORM makemigrations >"$tmp/log" 2>&1 || cannot "$(tail -n 1 "$tmp/log")"
  echo "$1, $2: $(cat ./*/migrations/0001_initial.py | grep -c dependencies) lines of dependencies"
  local code=0
  "$tmp/venv/bin/tortoise" -c settings.TORTOISE_ORM migrate >"$tmp/log" 2>&1 || code=$?
  echo "migrate: $code $(grep -o "still have uninitialized relations[a-z ]*: [A-Za-z]*.[A-Za-z]*" "$tmp/log" || true)"
  "$tmp/venv/bin/python" - <<'PYTHON'
import sqlite3

names = "SELECT group_concat(name, ' ') FROM (SELECT name FROM sqlite_schema WHERE name IN ('order', 'customer') ORDER BY 1)"
print("tables:", sqlite3.connect("db.sqlite3").execute(names).fetchone()[0])
PYTHON
}

expected=$(cat <<'TEXT'
sales, people: 0 lines of dependencies
migrate: 1 still have uninitialized relations after applying all operations: sales.Order
tables: None
people, sales: 0 lines of dependencies
migrate: 0 
tables: customer order
TEXT
)

found=$(seen sales people; seen people sales) || true
echo "$found"
diff <(echo "$expected") <(echo "$found") >"$tmp/diff" || { echo "CHANGED:"; cat "$tmp/diff"; exit 1; }
