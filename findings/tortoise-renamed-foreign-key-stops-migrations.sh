#!/usr/bin/env bash
# Tortoise: the migration for a foreign key's new name can be neither applied nor printed, and makemigrations fails from then on
#
# Version:   tortoise-orm==1.1.9, with the SQLite that Python brings
# Behaviour: For a ForeignKeyField whose field gets another name, makemigrations writes an AddField and a RemoveField, the
#            AddField first. Between the two, both fields have one related_name, given or made up from the table: migrate
#            ends with a ConfigurationError, and so do sqlmigrate and every later makemigrations, also when the model
#            is as it was before. With related_name=False the same rename is migrated.
# Output:    the operations of the migration, the exit codes and the errors, with a related_name, with none given, and
#            with False
# Source:    run on that version
set -euo pipefail

cannot() { echo "cannot be run here: $*" >&2; exit 2; }

tmp=$(mktemp -d /tmp/finding-XXXXXX)
trap 'rm -rf "$tmp"' EXIT
python3 -m venv "$tmp/venv" || cannot "python3 has no venv"
"$tmp/venv/bin/pip" install -q tortoise-orm==1.1.9 >"$tmp/log" 2>&1 || cannot "pip: $(tail -n 1 "$tmp/log")"

cat >"$tmp/look.py" <<'PYTHON'
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

SETTINGS = """TORTOISE_ORM = {
    "connections": {"default": "sqlite://shop.db"},
    "apps": {"shop": {"models": ["shop.models"], "migrations": "shop.migrations"}},
}
"""
MODELS = """from tortoise import Model, fields


class Person(Model):
    id = fields.IntField(primary_key=True)


class Purchase(Model):
    id = fields.IntField(primary_key=True)
    {0} = fields.ForeignKeyField("shop.Person"{1})
"""


def tortoise(*arguments):
    command = [str(Path(sys.executable).with_name("tortoise")), "-c", "settings.TORTOISE_ORM", *arguments]
    environment = {**os.environ, "PYTHONPATH": ".", "PYTHONDONTWRITEBYTECODE": "1", "COLUMNS": "200"}
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    error = re.search(r"^\S*Error: .*", done.stdout + done.stderr, re.MULTILINE)
    print(" ", arguments[0], "->", done.returncode, error[0] if error else "")


def write(field, argument):
    Path("shop/models.py").write_text(MODELS.format(field, argument))
    print(f'{field} = ForeignKeyField("shop.Person"{argument})')


for argument in ', related_name="purchases"', "", ", related_name=False":
    shutil.rmtree("shop", ignore_errors=True)
    Path("shop.db").unlink(missing_ok=True)
    Path("shop").mkdir()
    Path("shop/__init__.py").touch()
    Path("settings.py").write_text(SETTINGS)
    write("buyer", argument)
    for command in "init", "makemigrations", "migrate":
        tortoise(command)
    write("customer", argument)
    tortoise("makemigrations")
    (migration,) = Path("shop/migrations").glob("0002*.py")
    print("  ", *re.findall(r"ops\.(\w+)\(", migration.read_text()))
    tortoise("migrate")
    tortoise("sqlmigrate", "shop", migration.stem)
    write("buyer", argument)
    tortoise("makemigrations")
PYTHON

expected=$(cat <<'TEXT'
buyer = ForeignKeyField("shop.Person", related_name="purchases")
  init -> 0 
  makemigrations -> 0 
  migrate -> 0 
customer = ForeignKeyField("shop.Person", related_name="purchases")
  makemigrations -> 0 
   AddField RemoveField
  migrate -> 1 tortoise.exceptions.ConfigurationError: backward relation "purchases" duplicates in model Person
  sqlmigrate -> 1 tortoise.exceptions.ConfigurationError: backward relation "purchases" duplicates in model Person
buyer = ForeignKeyField("shop.Person", related_name="purchases")
  makemigrations -> 1 tortoise.exceptions.ConfigurationError: backward relation "purchases" duplicates in model Person
buyer = ForeignKeyField("shop.Person")
  init -> 0 
  makemigrations -> 0 
  migrate -> 0 
customer = ForeignKeyField("shop.Person")
  makemigrations -> 0 
   AddField RemoveField
  migrate -> 1 tortoise.exceptions.ConfigurationError: backward relation "purchases" duplicates in model Person
  sqlmigrate -> 1 tortoise.exceptions.ConfigurationError: backward relation "purchases" duplicates in model Person
buyer = ForeignKeyField("shop.Person")
  makemigrations -> 1 tortoise.exceptions.ConfigurationError: backward relation "purchases" duplicates in model Person
buyer = ForeignKeyField("shop.Person", related_name=False)
  init -> 0 
  makemigrations -> 0 
  migrate -> 0 
customer = ForeignKeyField("shop.Person", related_name=False)
  makemigrations -> 0 
   AddField RemoveField
  migrate -> 0 
  sqlmigrate -> 0 
buyer = ForeignKeyField("shop.Person", related_name=False)
  makemigrations -> 0 
TEXT
)

found=$(cd "$tmp" && venv/bin/python look.py 2>&1) || true
echo "$found"
diff <(echo "$expected") <(echo "$found") >"$tmp/diff" || { echo "CHANGED:"; cat "$tmp/diff"; exit 1; }
