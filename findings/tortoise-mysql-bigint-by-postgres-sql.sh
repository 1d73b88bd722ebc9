#!/usr/bin/env bash
# Tortoise: on MySQL, a field that becomes a BigIntField is altered twice, the second time in PostgreSQL's words
#
# Version:   MySQL 9.7.4 (Debian 9.7.4-2), tortoise-orm==1.1.9, asyncmy==0.2.18
# Behaviour: For an IntField that becomes a BigIntField, makemigrations writes an AlterField whose SQL is MODIFY COLUMN,
#            and behind it ALTER COLUMN "amount" TYPE BIGINT, which only PostgreSQL reads: migrate ends with error 1064.
#            MySQL has committed the first statement by then, so the column is a bigint; the operations behind it are
#            not carried out, the migration is not recorded, and every other migrate stops at the same place. A
#            CharField with another length is altered by MODIFY alone.
# Output:    the SQL of the migration; migrate ends with 1 twice; the table with the bigint and without the new column;
#            the second migration is not recorded
# Source:    run on that version; tortoise/migrations/schema_editor/base.py, _alter_field
set -euo pipefail

cannot() { echo "cannot be run here: $*" >&2; exit 2; }

tmp=$(mktemp -d /tmp/finding-XXXXXX) server=
stop() { [ -z "$server" ] || { kill -KILL "$server" && wait "$server"; } 2>/dev/null || true; server=; }
trap 'stop; rm -rf "$tmp"' EXIT

python3 -m venv "$tmp/venv" || cannot "python3 has no venv"
"$tmp/venv/bin/pip" install -q tortoise-orm==1.1.9 asyncmy==0.2.18 PyMySQL==1.2.4 \
  >"$tmp/log" 2>&1 || cannot "pip: $(tail -n 1 "$tmp/log")"

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
import os
import re
import subprocess
import sys
from pathlib import Path

import pymysql

SOCKET = sys.argv[1]
MODEL = """
from tortoise import Model, fields


class Invoice(Model):
    id = fields.IntField(primary_key=True)
    amount = fields.{}()
    code = fields.CharField({})
"""
SETTINGS = """
TORTOISE_ORM = {{
    "connections": {{"default": {{"engine": "tortoise.backends.mysql", "credentials": {{
        "unix_socket": {0!r}, "host": "localhost", "port": 3306, "user": "root", "password": "", "database": "shop"}}}}}},
    "apps": {{"models": {{"models": ["shop.models"], "migrations": "shop.migrations", "default_connection": "default"}}}},
}}
"""


def tortoise(*command):
    environment = {**os.environ, "PYTHONPATH": ".", "PYTHONWARNINGS": "ignore", "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-m", "tortoise", "-c", "settings.TORTOISE_ORM", *command]
    return subprocess.run(command, capture_output=True, text=True, env=environment)


def first(*command):
    done = tortoise(*command)
    if done.returncode:
        sys.exit(done.stdout + done.stderr)
    return done.stdout


connection = pymysql.connect(unix_socket=SOCKET, user="root", autocommit=True)
connection.cursor().execute("CREATE DATABASE shop")
os.chdir(Path(SOCKET).parent)
Path("shop").mkdir()
Path("settings.py").write_text(SETTINGS.format(SOCKET))
Path("shop/models.py").write_text(MODEL.format("IntField", 10))
for command in "init", "makemigrations", "migrate":
    first(command)
Path("shop/models.py").write_text(MODEL.format("BigIntField", 20) + "    age = fields.IntField(null=True)\n")
first("makemigrations")
(made,) = (path.stem for path in Path("shop/migrations").glob("0002*.py"))
print(*(line for line in first("sqlmigrate", "models", made).splitlines() if line.startswith("ALTER")), sep="\n")
for _ in range(2):
    done = tortoise("migrate")
    print("migrate:", done.returncode, *re.findall(r"\((1\d\d\d), ", done.stderr)[-1:])
with connection.cursor() as cursor:
    cursor.execute("SHOW CREATE TABLE shop.invoice")
    print(*(line.strip() for line in cursor.fetchone()[1].splitlines()[1:-1]), sep="\n")
    cursor.execute("SELECT name FROM shop.tortoise_migrations")
    print("recorded:", *(row[0] for row in cursor.fetchall()))
PYTHON

expected=$(cat <<'TEXT'
ALTER TABLE `invoice` MODIFY COLUMN `amount` BIGINT NOT NULL;
ALTER TABLE `invoice` ALTER COLUMN "amount" TYPE BIGINT;
ALTER TABLE `invoice` MODIFY COLUMN `code` VARCHAR(20) NOT NULL;
ALTER TABLE `invoice` ADD COLUMN `age` INT;
migrate: 1 1064
migrate: 1 1064
`id` int NOT NULL AUTO_INCREMENT,
`amount` bigint NOT NULL,
`code` varchar(10) NOT NULL,
PRIMARY KEY (`id`)
recorded: 0001_initial
TEXT
)

found=$("$tmp/venv/bin/python" "$tmp/look.py" "$tmp/socket" 2>&1) || true
echo "$found"
diff <(echo "$expected") <(echo "$found") >"$tmp/diff" || { echo "CHANGED:"; cat "$tmp/diff"; exit 1; }
