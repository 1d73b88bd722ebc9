#!/usr/bin/env bash
# Tortoise: on SQLite, a migration makes an index over the name of a relation, which is a word that is the same in every row
#
# Version:   tortoise-orm==1.1.9 with aiosqlite==0.22.1, on SQLite
# Behaviour: Meta.indexes names a foreign key by its field. generate_schemas makes the index over its column (owner_id).
#            makemigrations writes the field's name down, and migrate puts it into CREATE INDEX
#            as if it were the column. So it does with a field that has a source_field. SQLite takes a name in double
#            quotes that is no column for a string: the migration is applied, the index holds one word for all rows, and
#            no query uses it. makemigrations finds nothing to do. (PostgreSQL: column "owner" does not exist.)
#            With the column's name in Meta.indexes both ways make the same index.
# Output:    the index as each way makes it, the column that SQLite sees in it (none: an expression), and whether a query for
#            one owner uses it
# Source:    run on that version
set -euo pipefail

cannot() { echo "cannot be run here: $*" >&2; exit 2; }

tmp=$(mktemp -d /tmp/finding-XXXXXX)
trap 'rm -rf "$tmp"' EXIT

python3 -m venv "$tmp/venv" || cannot "python3 has no venv"
"$tmp/venv/bin/pip" install -q tortoise-orm==1.1.9 aiosqlite==0.22.1 >"$tmp/log" 2>&1 || cannot "pip: $(tail -n 1 "$tmp/log")"

seen() { # what Meta.indexes says
  mkdir "$tmp/$1" && cd "$tmp/$1" && mkdir pets && touch pets/__init__.py
  cat >pets/models.py <<PYTHON
from tortoise import Model, fields


class Owner(Model):
    id = fields.IntField(primary_key=True)


class Pet(Model):
    id = fields.IntField(primary_key=True)
    owner = fields.ForeignKeyField("pets.Owner")
    born = fields.IntField(source_field="year")

    class Meta:
        indexes = [("$1",)]
PYTHON
  cat >settings.py <<'PYTHON'
TORTOISE_ORM = {
    "connections": {"default": "sqlite://db.sqlite3"},
    "apps": {"pets": {"models": ["pets.models"], "default_connection": "default", "migrations": "pets.migrations"}},
}
PYTHON
  export PYTHONPATH=.
  echo "$1, generate_schemas:"
  "$tmp/venv/bin/python" - <<'PYTHON'
from tortoise import Tortoise, run_async

config = {"connections": {"default": "sqlite://made.sqlite3"}, "apps": {"pets": {"models": ["pets.models"]}}}


async def made():
    await Tortoise.init(config=config)
    await Tortoise.generate_schemas()


run_async(made())
PYTHON
  index made.sqlite3
  echo "$1, migrations:"
  for step in init makemigrations migrate makemigrations; do
    "$tmp/venv/bin/tortoise" -c settings.TORTOISE_ORM "$step" >"$tmp/log" 2>&1 || { echo "  $step fails"; return; }
  done
  find pets/migrations -name '0*.py' | wc -l | sed 's/^ */  migrations: /'
  index db.sqlite3
}

index() { # a file
  python3 - "$1" "$([ "${PWD##*/}" = born ] && echo year || echo owner_id)" <<'PYTHON'
import sqlite3
import sys

database = sqlite3.connect(sys.argv[1])
[(name,)] = database.execute("SELECT name FROM sqlite_master WHERE type = 'index' AND tbl_name = 'pet' AND sql IS NOT NULL")
[(sql,)] = database.execute("SELECT sql FROM sqlite_master WHERE name = ?", [name])
column = database.execute("SELECT name FROM pragma_index_info(?)", [name]).fetchone()[0]
plan = database.execute(f"EXPLAIN QUERY PLAN SELECT id FROM pet WHERE {sys.argv[2]} = 1").fetchone()[3]
print(f"  {sql.partition(' ON ')[2]}: column {column}, {plan.split()[0].lower()}")
PYTHON
}

expected=$(cat <<'TEXT'
owner, generate_schemas:
  "pet" ("owner_id"): column owner_id, search
owner, migrations:
  migrations: 1
  "pet" ("owner"): column None, scan
born, generate_schemas:
  "pet" ("year"): column year, search
born, migrations:
  migrations: 1
  "pet" ("born"): column None, scan
owner_id, generate_schemas:
  "pet" ("owner_id"): column owner_id, search
owner_id, migrations:
  migrations: 1
  "pet" ("owner_id"): column owner_id, search
TEXT
)

found=$(seen owner; seen born; seen owner_id) || true
echo "$found"
diff <(echo "$expected") <(echo "$found") >"$tmp/diff" || { echo "CHANGED:"; cat "$tmp/diff"; exit 1; }
