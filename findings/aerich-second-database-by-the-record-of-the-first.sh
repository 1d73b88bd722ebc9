#!/usr/bin/env bash
# aerich: what a second connection's database has is recorded in the first app's database, so an empty second one gets the last migration alone
#
# Version:   aerich==0.10.1 with tortoise-orm==1.1.9, with the SQLite that Python brings
# Behaviour: Of two apps on two connections, the table aerich is made in the database of the app that lists
#            aerich.models, for both. A new second database beside an old first one (a restore, a new shard, a second
#            environment that shares the first) has every migration by that record: upgrade begins with the newest and
#            fails over the table that it alters, heads names that one, and init-db refuses since its folder exists.
#            The other way round, a new first database has no record at all, and upgrade of the second one fails over
#            that.
# Output:    the tables and the record of both databases, then heads and upgrade with a second database that is new,
#            and with a first one that is
# Source:    run on that version
set -euo pipefail

cannot() { echo "cannot be run here: $*" >&2; exit 2; }

tmp=$(mktemp -d /tmp/finding-XXXXXX)
trap 'rm -rf "$tmp"' EXIT
python3 -m venv "$tmp/venv" || cannot "python3 has no venv"
"$tmp/venv/bin/pip" install -q aerich==0.10.1 tortoise-orm==1.1.9 >"$tmp/log" 2>&1 || cannot "pip: $(tail -n 1 "$tmp/log")"

cat >"$tmp/look.py" <<'PYTHON'
import os
import re
import sqlite3
import subprocess
import sys
from pathlib import Path

MODEL = """
from tortoise import Model, fields


class {}(Model):
    id = fields.IntField(primary_key=True)
"""
Path("settings.py").write_text("""
TORTOISE_ORM = {
    "connections": {"default": "sqlite://shop.db", "second": "sqlite://archive.db"},
    "apps": {
        "shop": {"models": ["shop", "aerich.models"], "default_connection": "default"},
        "archive": {"models": ["archive"], "default_connection": "second"},
    },
}
""")
Path("shop.py").write_text(MODEL.format("Item"))
Path("archive.py").write_text(MODEL.format("Old"))


def aerich(*command):
    environment = {**os.environ, "PYTHONPATH": ".", "PYTHONWARNINGS": "ignore"}
    done = subprocess.run([sys.executable, "-m", "aerich", *command], capture_output=True, text=True, env=environment)
    said = (done.stdout + done.stderr).strip().splitlines()
    print(*command, "->", re.sub(r"_\d{14}_", "_", said[-1] if said else "nothing"))


def databases():
    for name in "shop", "archive":
        with sqlite3.connect(f"{name}.db") as connection:
            tables = [row[0] for row in connection.execute("SELECT name FROM sqlite_schema WHERE name NOT LIKE 'sqlite%' ORDER BY 1")]
            record = connection.execute("SELECT app, version FROM aerich ORDER BY id").fetchall() if "aerich" in tables else []
        connection.close()
        print(f"  {name}:", tables, [(app, re.sub(r"_\d{14}_", "_", version)) for app, version in record])


aerich("init", "-t", "settings.TORTOISE_ORM")
for app in "shop", "archive":
    aerich("--app", app, "init-db")
databases()
Path("archive.py").write_text(MODEL.format("Old") + "    name = fields.CharField(10, null=True)\n")
aerich("--app", "archive", "migrate")
Path("archive.db").rename("kept.db")
aerich("--app", "archive", "heads")
aerich("--app", "archive", "upgrade")
databases()
Path("kept.db").rename("archive.db")
Path("shop.db").unlink()
aerich("--app", "archive", "upgrade")
databases()
PYTHON

expected=$(cat <<'TEXT'
init -t settings.TORTOISE_ORM -> Success creating migrations folder ./migrations
--app shop init-db -> Success writing schemas to database "shop.db"
--app archive init-db -> Success writing schemas to database "archive.db"
  shop: ['aerich', 'item'] [('shop', '0_init.py'), ('archive', '0_init.py')]
  archive: ['old'] []
--app archive migrate -> Success creating migration file 1_update.py
--app archive heads -> 1_update.py
--app archive upgrade -> tortoise.exceptions.OperationalError: no such table: old
  shop: ['aerich', 'item'] [('shop', '0_init.py'), ('archive', '0_init.py')]
  archive: [] []
--app archive upgrade -> tortoise.exceptions.OperationalError: no such table: aerich
  shop: [] []
  archive: ['old'] []
TEXT
)

found=$(cd "$tmp" && venv/bin/python look.py 2>&1) || true
echo "$found"
diff <(echo "$expected") <(echo "$found") >"$tmp/diff" || { echo "CHANGED:"; cat "$tmp/diff"; exit 1; }
