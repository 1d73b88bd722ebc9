#!/usr/bin/env bash
# aerich: the first migration of each app makes the tables of all apps, so that a renamed table comes back under its old name
#
# Version:   aerich==0.10.1 with tortoise-orm==1.1.9 and aiosqlite==0.22.1, on SQLite
# Behaviour: init-db --app writes CREATE TABLE IF NOT EXISTS for every app of the settings into the first migration of
#            the one. Where the first app has later renamed a table, a new database that is upgraded app by app gets
#            it anew from the second app's first migration: empty, as it once was, beside the renamed one, while the database
#            of the developers has it not. What is still written to the old name is taken, and the first app's
#            downgrade fails over it. Upgraded in the other order, the same files make no such table. The second
#            app's own downgrade has no statement.
# Output:    the tables that each first migration makes; the tables of the developers' database, and of new ones
#            that were upgraded in one order and in the other; the downgrade in the first of them
# Source:    run on that version
set -euo pipefail

cannot() { echo "cannot be run here: $*" >&2; exit 2; }

tmp=$(mktemp -d /tmp/finding-XXXXXX)
trap 'rm -rf "$tmp"' EXIT

python3 -m venv "$tmp/venv" || cannot "python3 has no venv"
"$tmp/venv/bin/pip" install -q aerich==0.10.1 tortoise-orm==1.1.9 aiosqlite==0.22.1 >"$tmp/log" 2>&1 || cannot "pip: $(tail -n 1 "$tmp/log")"

cat >"$tmp/settings.py" <<'PYTHON'
import os

TORTOISE_ORM = {
    "connections": {"default": "sqlite://" + os.environ["DATABASE"]},
    "apps": {
        "people": {"models": ["people", "aerich.models"], "default_connection": "default"},
        "sales": {"models": ["sales"], "default_connection": "default"},
    },
}
PYTHON
cat >"$tmp/people.py" <<'PYTHON'
from tortoise import Model, fields


class Customer(Model):
    id = fields.IntField(primary_key=True)

    class Meta:
        table = "customer"
PYTHON
cat >"$tmp/sales.py" <<'PYTHON'
from tortoise import Model, fields


class Purchase(Model):
    id = fields.IntField(primary_key=True)

    class Meta:
        table = "purchase"
PYTHON

aerich() { "$tmp/venv/bin/aerich" "$@" >"$tmp/log" 2>&1; }
tables() { # of a database, with their columns
  python3 - "$1" <<'PYTHON'
import sqlite3
import sys

connection = sqlite3.connect(sys.argv[1])
names = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT IN ('aerich', 'sqlite_sequence') ORDER BY 1"
for (name,) in connection.execute(names).fetchall():
    columns = ", ".join(column[1] for column in connection.execute(f"PRAGMA table_info({name})"))
    print(f"  {name} ({columns})")
PYTHON
}

seen() {
  cd "$tmp"
  export PYTHONPATH=. DATABASE=developers.db
  aerich init -t settings.TORTOISE_ORM || cannot "$(tail -n 1 "$tmp/log")"
  for app in people sales; do
    aerich --app "$app" init-db || cannot "$(tail -n 1 "$tmp/log")"
    echo "$app:" $(grep -o 'CREATE TABLE.*"' migrations/"$app"/0_*.py | grep -v aerich)
  done
  sed -i 's/"customer"/"client"/' people.py
  aerich --app people migrate || cannot "$(tail -n 1 "$tmp/log")"
  grep -om1 'ALTER TABLE.*;' migrations/people/1_*.py
  for app in people sales; do aerich --app "$app" upgrade; done
  echo "developers:" && tables "$DATABASE"
  for order in "people sales" "sales people"; do
    export DATABASE=${order/ /-}.db
    for app in $order; do aerich --app "$app" upgrade; done
    echo "$order:" && tables "$DATABASE"
  done
  export DATABASE=people-sales.db
  aerich --app people downgrade --yes && echo "downgrade: taken" || echo "downgrade: $(tail -n 1 "$tmp/log")"
}

expected=$(cat <<'TEXT'
people: CREATE TABLE IF NOT EXISTS "customer" CREATE TABLE IF NOT EXISTS "purchase"
sales: CREATE TABLE IF NOT EXISTS "customer" CREATE TABLE IF NOT EXISTS "purchase"
ALTER TABLE "customer" RENAME TO "client";
developers:
  client (id)
  purchase (id)
people sales:
  client (id)
  customer (id)
  purchase (id)
sales people:
  client (id)
  purchase (id)
downgrade: tortoise.exceptions.OperationalError: there is already another table or index with this name: customer
TEXT
)

found=$(seen) || true
echo "$found"
diff <(echo "$expected") <(echo "$found") >"$tmp/diff" || { echo "CHANGED:"; cat "$tmp/diff"; exit 1; }
