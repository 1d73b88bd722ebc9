#!/usr/bin/env bash
# Tortoise: the second migration of an app that refers to another cannot be applied, or not even made: the names of the apps decide
#
# Version:   tortoise-orm==1.1.9 with aiosqlite==0.22.1, on SQLite
# Behaviour: An app has a foreign key to another one, the settings name the two in the right order, and migrate has made
#            both tables. Then a field is added to the app. If the other app's name sorts before its own, makemigrations
#            writes a dependency on the other app, which is true, and migrate ends in a RuntimeError over a model "that was
#            never created", in the database that is there as in an empty one; sqlmigrate calls the other migration nonexistent.
#            Without the dependency it is applied. If the other name sorts behind, makemigrations itself ends in that
#            error, and no migration can be made.
# Output:    exit codes of each command; the dependencies that were written; the columns at the end
# Source:    run on that version
set -euo pipefail

cannot() { echo "cannot be run here: $*" >&2; exit 2; }

tmp=$(mktemp -d /tmp/finding-XXXXXX)
trap 'rm -rf "$tmp"' EXIT

python3 -m venv "$tmp/venv" || cannot "python3 has no venv"
"$tmp/venv/bin/pip" install -q tortoise-orm==1.1.9 aiosqlite==0.22.1 >"$tmp/log" 2>&1 || cannot "pip: $(tail -n 1 "$tmp/log")"

project() { # the name of the app that sales refers to
  mkdir -p "$1" sales && touch "$1/__init__.py" sales/__init__.py
  cat >"$1/models.py" <<'PYTHON'
from tortoise import Model, fields


class Customer(Model):
    id = fields.IntField(primary_key=True)
PYTHON
  cat >sales/models.py <<PYTHON
from tortoise import Model, fields


class Order(Model):
    id = fields.IntField(primary_key=True)
    customer = fields.ForeignKeyField("$1.Customer")
PYTHON
  cat >settings.py <<PYTHON
TORTOISE_ORM = {
    "connections": {"default": "sqlite://db.sqlite3"},
    "apps": {
        name: {"models": [f"{name}.models"], "default_connection": "default", "migrations": f"{name}.migrations"}
        for name in "$1 sales".split()
    },
}
PYTHON
}

tortoise() {
  local code=0
  "$tmp/venv/bin/tortoise" -c settings.TORTOISE_ORM "$@" >"$tmp/log" 2>&1 || code=$?
  echo "  $*: $code" $(grep -o "still have uninitialized relations\|references nonexistent parent [a-z0-9_.]*" "$tmp/log" | tail -n 1)
}

columns() {
  python3 - <<'PYTHON'
import sqlite3

print("  order:", *(column[1] for column in sqlite3.connect("db.sqlite3").execute('PRAGMA table_info("order")')))
PYTHON
}

seen() { # the name of the app that sales refers to
  mkdir "$tmp/$1" && cd "$tmp/$1" && project "$1"
  export PYTHONPATH=.
  echo "sales refers to $1:"
  tortoise init
  tortoise makemigrations
  tortoise migrate
  echo '    note = fields.CharField(20, null=True)' >>sales/models.py
  tortoise makemigrations
  grep -o 'dependencies.*' sales/migrations/0002*.py 2>/dev/null || { echo "  no second migration" && return; }
  tortoise migrate
  tortoise sqlmigrate sales 0002
  mv db.sqlite3 first.sqlite3
  tortoise migrate
  mv first.sqlite3 db.sqlite3
  columns
  sed -i "s/^    dependencies = .*/    dependencies = [('sales', '0001_initial')]/" sales/migrations/0002*.py
  echo "  without the dependency:"
  tortoise migrate
  columns
}

expected=$(cat <<'TEXT'
sales refers to people:
  init: 0
  makemigrations: 0
  migrate: 0
  makemigrations: 0
dependencies = [('people', '0001_initial'), ('sales', '0001_initial')]
  migrate: 1 still have uninitialized relations
  sqlmigrate sales 0002: 1 references nonexistent parent people.0001_initial
  migrate: 1 still have uninitialized relations
  order: id customer_id
  without the dependency:
  migrate: 0
  order: id customer_id note
sales refers to users:
  init: 0
  makemigrations: 0
  migrate: 0
  makemigrations: 1 still have uninitialized relations
  no second migration
TEXT
)

found=$(seen people; seen users) || true
echo "$found"
diff <(echo "$expected") <(echo "$found") >"$tmp/diff" || { echo "CHANGED:"; cat "$tmp/diff"; exit 1; }
