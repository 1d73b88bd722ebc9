#!/usr/bin/env bash
# aerich: the columns that a migration adds come in another order each time that it is made
#
# Version:   aerich==0.10.1 with tortoise-orm==1.1.9, with the SQLite that Python brings
# Behaviour: migrate goes through a set of names, so that the order of ADD is that of Python's hashes, which differ
#            from process to process. The same models give another file on another day, and two databases made by two
#            developers have their columns in another order for good: SELECT *, INSERT without names, COPY and dumps
#            differ.
# Output:    three values of PYTHONHASHSEED give three orders of the five columns, none that of the model; seen with
#            CPython 3.11: weight size price name color; color name size weight price; size name price weight color
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
import shutil
import subprocess
import sys
from pathlib import Path

SETTINGS = """TORTOISE = {
    "connections": {"default": "sqlite://shop.db"},
    "apps": {"shop": {"models": ["models", "aerich.models"], "default_connection": "default"}},
}
"""
MODELS = """from tortoise import Model, fields


class Item(Model):
    id = fields.IntField(primary_key=True)
"""
ADDED = "name", "price", "color", "size", "weight"


def aerich(*arguments, seed="0"):
    command = [str(Path(sys.executable).with_name("aerich")), *arguments]
    environment = {**os.environ, "PYTHONPATH": ".", "PYTHONHASHSEED": seed}
    subprocess.run(command, check=True, capture_output=True, env=environment)


Path("settings.py").write_text(SETTINGS)
orders = set()
for seed in "1", "2", "3":
    for made in "migrations", "__pycache__":
        shutil.rmtree(made, ignore_errors=True)
    for made in "shop.db", "pyproject.toml":
        Path(made).unlink(missing_ok=True)
    Path("models.py").write_text(MODELS)
    aerich("init", "-t", "settings.TORTOISE")
    aerich("init-db")
    Path("models.py").write_text(MODELS + "".join(f"    {name} = fields.IntField(null=True)\n" for name in ADDED))
    aerich("migrate", seed=seed)
    (migration,) = Path("migrations/shop").glob("1_*.py")
    orders.add(tuple(re.findall(r'ADD "([a-z]+)"', migration.read_text())))
print(len(orders), "orders from three runs; that of the model:", ADDED in orders)
PYTHON

expected=$(cat <<'TEXT'
3 orders from three runs; that of the model: False
TEXT
)

found=$(cd "$tmp" && venv/bin/python look.py 2>&1) || true
echo "$found"
diff <(echo "$expected") <(echo "$found") >"$tmp/diff" || { echo "CHANGED:"; cat "$tmp/diff"; exit 1; }
