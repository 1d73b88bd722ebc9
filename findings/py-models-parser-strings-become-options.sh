#!/usr/bin/env bash
# py-models-parser: of Tortoise's models a string with a comma is cut, what is behind it becomes an option, and a foreign key has no target
#
# Version:   py-models-parser==1.0.0, with models as tortoise-orm==1.1.9 takes them
# Behaviour: A field's arguments are split at every comma, those within strings too. default="Ann, Bob" is no default at
#            all, default="x, null=True" an option null, and a description ends at its first comma. Arguments by
#            position are dropped, so that CharField(20) has no length and ForeignKeyField("models.Shop") refers to
#            nothing, while ManyToManyField("models.Tag", through="t") keeps its target. Tortoise itself takes all of it.
# Output:    default None for "Ann, Bob", null "True\"" for a field that is NOT NULL, no model in the foreign key
# Source:    run on that version; Tortoise's own describe() beside it
set -euo pipefail

cannot() { echo "cannot be run here: $*" >&2; exit 2; }

tmp=$(mktemp -d /tmp/finding-XXXXXX)
trap 'rm -rf "$tmp"' EXIT

python3 -m venv "$tmp/venv" || cannot "python3 has no venv"
"$tmp/venv/bin/pip" install -q py-models-parser==1.0.0 tortoise-orm==1.1.9 >"$tmp/log" 2>&1 || cannot "pip: $(tail -n 1 "$tmp/log")"

cat >"$tmp/models.py" <<'PYTHON'
from tortoise import fields
from tortoise.models import Model


class Shop(Model):
    name = fields.CharField(max_length=50)


class Tag(Model):
    name = fields.CharField(20)


class Item(Model):
    owner = fields.CharField(max_length=100, default="Ann, Bob")
    rule = fields.CharField(max_length=100, default="x, null=True")
    note = fields.CharField(max_length=100, description="where, and when")
    shop = fields.ForeignKeyField("models.Shop")
    tags = fields.ManyToManyField("models.Tag", through="item_tags")
PYTHON

cat >"$tmp/look.py" <<'PYTHON'
import asyncio
from pathlib import Path

from py_models_parser import parse
from tortoise import Tortoise


async def described():
    await Tortoise.init(db_url="sqlite://:memory:", modules={"models": ["models"]})
    item = Tortoise.apps["models"]["Item"].describe()
    for field in [*item["data_fields"], *item["fk_fields"]]:
        if field["name"] != "shop_id":
            print("Tortoise", field["name"], repr(field["default"]), field["nullable"], field["description"], field["python_type"])
    print("Tortoise tag", Tortoise.apps["models"]["Tag"]._meta.fields_map["name"].max_length)
    await Tortoise.close_connections()


asyncio.run(described())
for model in parse(Path("models.py").read_text()):
    for field in model["attrs"]:
        if model["name"] != "Shop":
            print(model["name"].lower(), field["name"], repr(field["default"]), field["properties"])
PYTHON

expected=$(cat <<'TEXT'
Tortoise owner 'Ann, Bob' False None str
Tortoise rule 'x, null=True' False None str
Tortoise note None False where, and when str
Tortoise shop None False None models.Shop
Tortoise tag 20
tag name None {}
item owner None {'max_length': '100'}
item rule None {'max_length': '100', 'null': 'True"'}
item note None {'max_length': '100', 'description': '"where'}
item shop None {}
item tags None {'foreign_key': '"models.Tag"', 'through': '"item_tags"'}
TEXT
)

found=$(cd "$tmp" && "$tmp/venv/bin/python" look.py 2>&1) || true
echo "$found"
diff <(echo "$expected") <(echo "$found") >"$tmp/diff" || { echo "CHANGED:"; cat "$tmp/diff"; exit 1; }
