#!/usr/bin/env bash
# Tortoise: a first migration of 20 models makes 231 classes, one of 40 makes 861, so that one of some hundreds takes minutes
#
# Version:   tortoise-orm==1.1.9, with the SQLite that Python brings
# Behaviour: Before each operation of a migration its executor copies the state of all apps, and renders every model of
#            it as a class again. A migration with one CreateModel for each of n models therefore makes more than
#            n * n / 2 classes, each of which goes through the metaclass with the filters of all of its fields.
# Output:    the number of classes made by migrate for 10, 20 and 40 models without relations: almost four times as many
#            for twice the models
# Source:    run on that version; tortoise/migrations/migration.py, Migration.apply; schema_generator/state.py, State.clone
set -euo pipefail

cannot() { echo "cannot be run here: $*" >&2; exit 2; }

tmp=$(mktemp -d /tmp/finding-XXXXXX)
trap 'rm -rf "$tmp"' EXIT
python3 -m venv "$tmp/venv" || cannot "python3 has no venv"
"$tmp/venv/bin/pip" install -q tortoise-orm==1.1.9 >"$tmp/log" 2>&1 || cannot "pip: $(tail -n 1 "$tmp/log")"

cat >"$tmp/look.py" <<'PYTHON'
import asyncio
import sys
from pathlib import Path

from tortoise import Tortoise, connections
from tortoise.migrations.executor import MigrationExecutor, MigrationTarget
from tortoise.models import ModelMeta


async def main(many):
    package = Path(f"shop{many}")
    (package / "migrations").mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "migrations" / "__init__.py").touch()
    (package / "models.py").write_text(
        "from tortoise import Model, fields\n"
        + "".join(f"class Thing{n}(Model):\n    id = fields.IntField(primary_key=True)\n" for n in range(many))
    )
    operations = ",\n".join(
        f"        ops.CreateModel(name='Thing{n}', fields=[('id', fields.IntField(primary_key=True))],"
        f" options={{'table': 'thing{n}'}}, bases=['Model'])"
        for n in range(many)
    )
    (package / "migrations" / "0001_initial.py").write_text(
        "from tortoise import fields, migrations\nfrom tortoise.migrations import operations as ops\n\n"
        f"class Migration(migrations.Migration):\n    initial = True\n    operations = [\n{operations}\n    ]\n"
    )
    apps = {"shop": {"models": [f"shop{many}.models"], "migrations": f"shop{many}.migrations"}}
    await Tortoise.init(config={"connections": {"default": "sqlite://:memory:"}, "apps": apps})
    client = connections.get("default")
    made = 0
    plain = ModelMeta.__new__

    def counted(*arguments, **keywords):
        nonlocal made
        made += 1
        return plain(*arguments, **keywords)

    ModelMeta.__new__ = counted
    await MigrationExecutor(client, apps).migrate([MigrationTarget("shop", "__latest__")])
    ModelMeta.__new__ = plain
    tables = await client.execute_query_dict("SELECT count(*) AS n FROM sqlite_master WHERE name LIKE 'thing%'")
    print(f"{many} models, {tables[0]['n']} tables: {made} classes")
    await Tortoise.close_connections()


sys.path.insert(0, ".")
for many in (10, 20, 40):
    asyncio.run(main(many))
PYTHON

expected=$(cat <<'TEXT'
10 models, 10 tables: 66 classes
20 models, 20 tables: 231 classes
40 models, 40 tables: 861 classes
TEXT
)

found=$(cd "$tmp" && venv/bin/python look.py 2>&1) || true
echo "$found"
diff <(echo "$expected") <(echo "$found") >"$tmp/diff" || { echo "CHANGED:"; cat "$tmp/diff"; exit 1; }
