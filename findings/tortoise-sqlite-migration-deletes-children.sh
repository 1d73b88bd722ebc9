#!/usr/bin/env bash
# Tortoise: on SQLite a migration that lets a field be NULL deletes the rows of other tables that refer to the table
#
# Version:   tortoise-orm==1.1.9, with the SQLite that Python brings
# Behaviour: AlterField copies the table, drops it and renames the copy, with foreign keys on. DROP TABLE deletes the
#            rows first, so ON DELETE does its work: CASCADE deletes the children, SET NULL cuts them off. The rows of
#            the table itself are all there, migrate ends with 0 and says nothing. The index of the model's Meta is gone.
# Output:    two customers before and after; of two purchases and two notes that refer to them no purchase is left, and
#            the notes have lost their customer; the index is gone
# Source:    run on that version; tortoise/migrations/schema_editor/sqlite.py, _remake_table
set -euo pipefail

cannot() { echo "cannot be run here: $*" >&2; exit 2; }

tmp=$(mktemp -d /tmp/finding-XXXXXX)
trap 'rm -rf "$tmp"' EXIT
python3 -m venv "$tmp/venv" || cannot "python3 has no venv"
"$tmp/venv/bin/pip" install -q tortoise-orm==1.1.9 >"$tmp/log" 2>&1 || cannot "pip: $(tail -n 1 "$tmp/log")"

cat >"$tmp/look.py" <<'PYTHON'
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

SETTINGS = """TORTOISE_ORM = {
    "connections": {"default": "sqlite://shop.db"},
    "apps": {"shop": {"models": ["shop.models"], "migrations": "shop.migrations"}},
}
"""
MODELS = """from tortoise import Model, fields


class Customer(Model):
    id = fields.IntField(primary_key=True)
    name = fields.CharField(max_length=20%s)
%s

class Purchase(Model):
    id = fields.IntField(primary_key=True)
    customer = fields.ForeignKeyField("shop.Customer", on_delete=fields.CASCADE)


class Note(Model):
    id = fields.IntField(primary_key=True)
    customer = fields.ForeignKeyField("shop.Customer", on_delete=fields.SET_NULL, null=True)
"""
INDEX = """
    class Meta:
        indexes = [("name",)]
"""
ROWS = """INSERT INTO customer (id, name) VALUES (1, 'Ann'), (2, 'Bob');
INSERT INTO purchase VALUES (10, 1), (11, 2);
INSERT INTO note VALUES (20, 1), (21, 2);
"""


def tortoise(*arguments):
    command = [str(Path(sys.executable).with_name("tortoise")), "-c", "settings.TORTOISE_ORM", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": "."})
    print(*arguments, "->", done.returncode)


def rows(when):
    with sqlite3.connect("shop.db") as database:
        for table in ("customer", "purchase", "note"):
            print(when, table, *database.execute(f"SELECT * FROM {table} ORDER BY id"))
        indexes = database.execute("SELECT count(*) FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL")
        print(when, "indexes:", *indexes.fetchone())


Path("settings.py").write_text(SETTINGS)
Path("shop").mkdir()
Path("shop/__init__.py").touch()
Path("shop/models.py").write_text(MODELS % ("", INDEX))
tortoise("init")
tortoise("makemigrations")
tortoise("migrate")
with sqlite3.connect("shop.db") as database:
    database.executescript(ROWS)
rows("before")
Path("shop/models.py").write_text(MODELS % (", null=True", INDEX))
tortoise("makemigrations", "--name", "name_may_be_null")
tortoise("migrate")
rows("after")
PYTHON

expected=$(cat <<'TEXT'
init -> 0
makemigrations -> 0
migrate -> 0
before customer (1, 'Ann') (2, 'Bob')
before purchase (10, 1) (11, 2)
before note (20, 1) (21, 2)
before indexes: 1
makemigrations --name name_may_be_null -> 0
migrate -> 0
after customer (1, 'Ann') (2, 'Bob')
after purchase
after note (20, None) (21, None)
after indexes: 0
TEXT
)

found=$(cd "$tmp" && venv/bin/python look.py 2>&1) || true
echo "$found"
diff <(echo "$expected") <(echo "$found") >"$tmp/diff" || { echo "CHANGED:"; cat "$tmp/diff"; exit 1; }
