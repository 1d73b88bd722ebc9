#!/usr/bin/env bash
# Tortoise: on MySQL, the foreign key of an added field is not made, or on the table that the migration creates next
#
# Version:   MySQL 9.7.4 (Debian 9.7.4-2), tortoise-orm==1.1.9, asyncmy==0.2.18
# Behaviour: A migration that adds a ForeignKeyField to a table that is there adds its column without constraint and
#            without index, an IntField(db_index=True) without index, and ends with 0. The constraint is kept for the next
#            CREATE TABLE of that migration: where one follows and its table has a column of that name, that table gets
#            both its own key and the other one's. makemigrations writes new tables first; whoever moves them down, to
#            fill the new column in between for example, meets it.
# Output:    purchase has no key and no index in either order; refund has its own key, and with the fields first
#            fk_purchase_customer… too
# Source:    run on that version; tortoise/migrations/schema_editor/mysql.py, _get_fk_reference_string
set -euo pipefail

cannot() { echo "cannot be run here: $*" >&2; exit 2; }

tmp=$(mktemp -d /tmp/finding-XXXXXX) server=
stop() { [ -z "$server" ] || { kill -KILL "$server" && wait "$server"; } 2>/dev/null || true; server=; }
trap 'stop; rm -rf "$tmp"' EXIT

python3 -m venv "$tmp/venv" || cannot "python3 has no venv"
"$tmp/venv/bin/pip" install -q tortoise-orm==1.1.9 asyncmy==0.2.18 >"$tmp/log" 2>&1 || cannot "pip: $(tail -n 1 "$tmp/log")"

# The package and all that it depends on, unpacked here with an apt that knows of no installed package.
package=mysql-server-core version=9.7.4-2 suite=sid
command -v apt-get dpkg >/dev/null || cannot "the server comes from Debian's packages: apt-get and dpkg are needed"
mirror=$(cat /etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null | grep '^deb \|^URIs:' | grep -v security |
  grep -om1 'https\?://[^ ]*/debian\b') || true
mkdir -p "$tmp/apt/lists/partial" "$tmp/apt/cache/archives/partial" "$tmp/apt/debs" && touch "$tmp/apt/status"
echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] ${mirror:-http://deb.debian.org/debian} $suite main" >"$tmp/apt/list"
apt() {
  apt-get -o Dir::Etc::sourcelist="$tmp/apt/list" -o Dir::Etc::sourceparts=/dev/null -o Dir::State::lists="$tmp/apt/lists" \
    -o Dir::State::status="$tmp/apt/status" -o Dir::Cache="$tmp/apt/cache" -o APT::Sandbox::User=root "$@" 2>"$tmp/log"
}
apt update -qq >/dev/null || cannot "apt-get update: $(tail -n 1 "$tmp/log")"
plan=$(apt install -s --no-install-recommends "$package=$version") || cannot "Debian $suite has no $package $version any more"
(cd "$tmp/apt/debs" && apt download -qq $(sed -n 's/^Inst \([^ ]*\).*/\1/p' <<<"$plan") >/dev/null) || cannot "apt-get download: $(tail -n 1 "$tmp/log")"
for deb in "$tmp"/apt/debs/*.deb; do dpkg -x "$deb" "$tmp/root"; done
libraries=$(echo "$tmp"/root/usr/lib/*-linux-gnu)
loader=$(find "$libraries" "$tmp/root/usr/lib64" -name 'ld-linux*.so.*' 2>/dev/null | head -n 1)

run=("$loader" --library-path "$libraries:$tmp/root/usr/lib/mysql/private" "$tmp/root/usr/sbin/mysqld" --no-defaults
  --basedir="$tmp/root/usr" --lc-messages-dir="$tmp/root/usr/share/mysql" --datadir="$tmp/data" --mysqlx=OFF --secure-file-priv=)
if [ "$(id -u)" = 0 ]; then run=(setpriv --reuid=nobody --regid=nogroup --clear-groups "${run[@]}"); chown nobody "$tmp"; fi
"${run[@]}" --initialize-insecure >"$tmp/log" 2>&1 || cannot "server: $(tail -n 1 "$tmp/log")"
"${run[@]}" --socket="$tmp/socket" --pid-file="$tmp/pid" --skip-networking >"$tmp/log" 2>&1 & server=$!
for _ in $(seq 300); do [ -S "$tmp/socket" ] && break; sleep 0.1; done
[ -S "$tmp/socket" ] || cannot "server: $(tail -n 1 "$tmp/log")"

cat >"$tmp/look.py" <<'PYTHON'
import asyncio
import os
import re
import subprocess
import sys
from pathlib import Path

from tortoise import Tortoise, connections

CREDENTIALS = {"host": "", "port": 0, "user": "root", "password": "", "unix_socket": sys.argv[1]}
SETTINGS = """TORTOISE_ORM = {
    "connections": {"default": {"engine": "tortoise.backends.mysql", "credentials": %r}},
    "apps": {"shop": {"models": ["shop.models"], "migrations": "shop.migrations"}},
}
"""
CUSTOMER = """from tortoise import Model, fields


class Customer(Model):
    id = fields.IntField(primary_key=True)


class Purchase(Model):
    id = fields.IntField(primary_key=True)
"""
FIELD = '    customer = fields.ForeignKeyField("shop.Customer", related_name="%s", null=True)\n'
INDEXED = "    code = fields.IntField(db_index=True, null=True)\n"
REFUND = """

class Refund(Model):
    id = fields.IntField(primary_key=True)
"""
KEYS = """SELECT table_name, constraint_name, column_name, referenced_table_name FROM information_schema.key_column_usage
WHERE table_schema = 'shop' AND referenced_table_name IS NOT NULL AND table_name IN ('purchase', 'refund') ORDER BY 1, 2"""
INDEXES = """SELECT table_name, index_name, column_name FROM information_schema.statistics
WHERE table_schema = 'shop' AND table_name IN ('purchase', 'refund') AND index_name <> 'PRIMARY' ORDER BY 1, 2"""


def tortoise(*arguments):
    command = [str(Path(sys.executable).with_name("tortoise")), "-c", "settings.TORTOISE_ORM", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": "."})
    print(*arguments, "->", done.returncode)


async def query(database, *statements):
    credentials = {**CREDENTIALS, "database": database}
    config = {"default": {"engine": "tortoise.backends.mysql", "credentials": credentials}}
    await Tortoise.init(config={"connections": config, "apps": {"shop": {"models": ["shop.models"]}}})
    for statement in statements:
        for row in (await connections.get("default").execute_query(statement))[1]:
            print("  ", *row.values())
    await Tortoise.close_connections()


sys.path.insert(0, ".")
Path("shop").mkdir()
Path("shop/__init__.py").touch()
Path("settings.py").write_text(SETTINGS % {**CREDENTIALS, "database": "shop"})
Path("shop/models.py").write_text(CUSTOMER)
asyncio.run(query("mysql", "CREATE DATABASE shop"))
tortoise("init")
tortoise("makemigrations")
for order in ("as written", "fields first"):
    print(order)
    Path("shop/models.py").write_text(CUSTOMER)
    for migration in Path("shop/migrations").glob("0002*.py"):
        migration.unlink()
    asyncio.run(query("mysql", "DROP DATABASE shop", "CREATE DATABASE shop"))
    tortoise("migrate")
    Path("shop/models.py").write_text(CUSTOMER + INDEXED + FIELD % "purchases" + REFUND + INDEXED + FIELD % "refunds")
    tortoise("makemigrations", "--name", "customers")
    if order == "fields first":
        (migration,) = Path("shop/migrations").glob("0002*.py")
        text = migration.read_text()
        created, *added = re.split(r"(?=\n        ops\.)", text[text.index("\n        ops.") : text.rindex("\n    ]")])[1:]
        migration.write_text(text.replace(created + "".join(added), "".join(added) + created))
    tortoise("migrate")
    asyncio.run(query("shop", KEYS, INDEXES))
PYTHON

expected=$(cat <<'TEXT'
init -> 0
makemigrations -> 0
as written
migrate -> 0
makemigrations --name customers -> 0
migrate -> 0
   refund fk_refund_customer_40200518 customer_id customer
   refund fk_refund_customer_40200518 customer_id
   refund idx_refund_code_f87618 code
fields first
migrate -> 0
makemigrations --name customers -> 0
migrate -> 0
   refund fk_purchase_customer_f00ac692 customer_id customer
   refund fk_refund_customer_40200518 customer_id customer
   refund fk_refund_customer_40200518 customer_id
   refund idx_refund_code_f87618 code
TEXT
)

mkdir "$tmp/work"
found=$(cd "$tmp/work" && "$tmp/venv/bin/python" "$tmp/look.py" "$tmp/socket" 2>&1) || true
echo "$found"
diff <(echo "$expected") <(echo "$found") >"$tmp/diff" || { echo "CHANGED:"; cat "$tmp/diff"; exit 1; }
