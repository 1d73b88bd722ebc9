#!/usr/bin/env bash
# Tortoise: of two models of one table, the one that is used first says which columns create() writes for both
#
# Version:   tortoise-orm==1.1.9, with the SQLite that Python brings
# Behaviour: The text of INSERT and its columns are kept per connection, schema and table, not per model. Where a small
#            model of a table creates or reads a row first, create() and bulk_create() of the whole model write the
#            columns of the small one and no others: no error, the object in memory has its values, the row has NULL.
#            save() of a row that is there writes all columns. Where the whole model comes first, create() of the small
#            one ends with a KeyError for a field that it does not have.
# Output:    email is NULL in the rows of create() and bulk_create() after the small model was used, even if only for a
#            query, and right after save(); alone the whole model writes it; a KeyError in the other order
# Source:    run on that version; tortoise/backends/base/executor.py, EXECUTOR_CACHE
set -euo pipefail

cannot() { echo "cannot be run here: $*" >&2; exit 2; }

tmp=$(mktemp -d /tmp/finding-XXXXXX)
trap 'rm -rf "$tmp"' EXIT
python3 -m venv "$tmp/venv" || cannot "python3 has no venv"
"$tmp/venv/bin/pip" install -q tortoise-orm==1.1.9 >"$tmp/log" 2>&1 || cannot "pip: $(tail -n 1 "$tmp/log")"

cat >"$tmp/look.py" <<'PYTHON'
import asyncio
import subprocess
import sys

from tortoise import Model, Tortoise, connections, fields


class Slim(Model):
    id = fields.IntField(primary_key=True)
    name = fields.CharField(max_length=20)

    class Meta:
        table = "person"


class Whole(Model):
    id = fields.IntField(primary_key=True)
    name = fields.CharField(max_length=20)
    email = fields.CharField(max_length=50, null=True)

    class Meta:
        table = "person"


async def slim_creates():
    await Slim.create(name="ann")


async def slim_reads():
    await Slim.all()


async def whole_creates():
    whole = await Whole.create(name="bob", email="bob@example.org")
    print("in memory:", whole.email)


async def whole_creates_many():
    await Whole.bulk_create([Whole(name="eve", email="eve@example.org")])


async def whole_saves():
    whole = await Whole.get(name="bob")
    whole.email = "bob@example.org"
    await whole.save()


async def run(*names):
    await Tortoise.init(db_url="sqlite://:memory:", modules={"models": ["__main__"]})
    connection = connections.get("default")
    await connection.execute_script("CREATE TABLE person (id INTEGER PRIMARY KEY, name TEXT, email TEXT)")
    print(*names)
    for name in names:
        try:
            await globals()[name]()
        except Exception as error:
            print(type(error).__name__, error)
    for row in await connection.execute_query_dict("SELECT name, email FROM person ORDER BY id"):
        print("   row:", *row.values())
    await Tortoise.close_connections()


if len(sys.argv) > 1:
    asyncio.run(run(*sys.argv[1:]))
else:
    for names in (
        "whole_creates whole_creates_many",
        "slim_creates whole_creates whole_creates_many",
        "slim_reads whole_creates",
        "slim_reads whole_creates whole_saves",
        "whole_creates slim_creates",
    ):
        subprocess.run([sys.executable, __file__, *names.split()], check=True)
PYTHON

expected=$(cat <<'TEXT'
whole_creates whole_creates_many
in memory: bob@example.org
   row: bob bob@example.org
   row: eve eve@example.org
slim_creates whole_creates whole_creates_many
in memory: bob@example.org
   row: ann None
   row: bob None
   row: eve None
slim_reads whole_creates
in memory: bob@example.org
   row: bob None
slim_reads whole_creates whole_saves
in memory: bob@example.org
   row: bob bob@example.org
whole_creates slim_creates
in memory: bob@example.org
KeyError 'email'
   row: bob bob@example.org
TEXT
)

found=$(cd "$tmp" && venv/bin/python look.py 2>&1) || true
echo "$found"
diff <(echo "$expected") <(echo "$found") >"$tmp/diff" || { echo "CHANGED:"; cat "$tmp/diff"; exit 1; }
