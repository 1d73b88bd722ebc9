#!/usr/bin/env bash
# Tortoise: on SQLite, a migration with a semicolon in a description or a default cannot be applied
#
# Version:   tortoise-orm==1.1.9, with the SQLite that Python brings
# Behaviour: In an atomic migration, which is the usual kind, the SQLite editor splits each statement at every
#            semicolon, also in a comment or a string. A model whose field has description="cart; may be empty" or
#            db_default="a;b" gets a migration from makemigrations that migrate cannot apply; sqlmigrate prints SQL
#            that SQLite takes, and so does generate_schemas. atomic = False in the migration is a way out, as is
#            another wording.
# Output:    migrate ends with 1 and an error of syntax for each of the two; the same with atomic = False ends with 0
# Source:    run on that version; tortoise/migrations/schema_editor/sqlite.py
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


class Item(Model):
    id = fields.IntField(primary_key=True)
    name = fields.CharField(max_length=20, %s)
"""


def tortoise(*arguments):
    command = [str(Path(sys.executable).with_name("tortoise")), "-c", "settings.TORTOISE_ORM", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": "."})
    error = re.search(r"OperationalError: (.*)", done.stdout + done.stderr)
    print(arguments[0], "->", done.returncode, error[1] if error else "")


for argument in 'description="cart; may be empty"', 'db_default="a;b"':
    shutil.rmtree("shop", ignore_errors=True)
    Path("shop.db").unlink(missing_ok=True)
    Path("shop").mkdir()
    Path("shop/__init__.py").touch()
    Path("settings.py").write_text(SETTINGS)
    Path("shop/models.py").write_text(MODELS % argument)
    print(argument)
    tortoise("init")
    tortoise("makemigrations")
    tortoise("migrate")
    (migration,) = Path("shop/migrations").glob("0001*.py")
    migration.write_text(migration.read_text().replace("initial = True", "initial = True\n    atomic = False"))
    Path("shop.db").unlink(missing_ok=True)
    print("atomic = False")
    tortoise("migrate")
PYTHON

expected=$(cat <<'TEXT'
description="cart; may be empty"
init -> 0
makemigrations -> 0
migrate -> 1 incomplete input
atomic = False
migrate -> 0
db_default="a;b"
init -> 0
makemigrations -> 0
migrate -> 1 unrecognized token: "'a"
atomic = False
migrate -> 0
TEXT
)

found=$(cd "$tmp" && venv/bin/python look.py 2>&1 | sed "s/ *$//") || true
echo "$found"
diff <(echo "$expected") <(echo "$found") >"$tmp/diff" || { echo "CHANGED:"; cat "$tmp/diff"; exit 1; }
