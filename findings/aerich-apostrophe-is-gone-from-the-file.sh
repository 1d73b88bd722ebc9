#!/usr/bin/env bash
# aerich: on MySQL and MariaDB an apostrophe in a description or default makes a migration that no server reads, and a first one that works once
#
# Version:   aerich==0.10.1 with tortoise-orm==1.1.9 and asyncmy==0.2.18 on MariaDB 11.8.9 (Debian
#            1:11.8.9+ds-0+deb13u1); MySQL 9.7.4 does the same
# Behaviour: The SQL has \' for an apostrophe and is written into a Python file between three quotation marks, where \'
#            is an apostrophe alone: what is read from the file ends too early (1064). init-db does not notice, since
#            it executes the SQL that it has, not the file that it has written: the same file stops `aerich upgrade` on
#            the next database, with which the first and all later migrations of the project begin.
# Output:    the line of the first migration as it is written and as Python reads it; init-db on one database, upgrade
#            with the same files on another; the error of the second migration
# Source:    run on that version
set -euo pipefail

cannot() { echo "cannot be run here: $*" >&2; exit 2; }

tmp=$(mktemp -d /tmp/finding-XXXXXX) server=
stop() { [ -z "$server" ] || { kill -KILL "$server" && wait "$server"; } 2>/dev/null || true; server=; }
trap 'stop; rm -rf "$tmp"' EXIT

python3 -m venv "$tmp/venv" || cannot "python3 has no venv"
"$tmp/venv/bin/pip" install -q aerich==0.10.1 tortoise-orm==1.1.9 asyncmy==0.2.18 PyMySQL==1.2.4 >"$tmp/log" 2>&1 || cannot "pip: $(tail -n 1 "$tmp/log")"

# The package and all that it depends on, unpacked here with an apt that knows of no installed package.
package=mariadb-server-core version=1:11.8.9+ds-0+deb13u1 suite=trixie
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

run=("$loader" --library-path "$libraries:$tmp/root/usr/lib/mysql/private" "$tmp/root/usr/sbin/mariadbd" --no-defaults
  --basedir="$tmp/root/usr" --lc-messages-dir="$tmp/root/usr/share/mariadb" --datadir="$tmp/data" --innodb-use-native-aio=0)
if [ "$(id -u)" = 0 ]; then run=(setpriv --reuid=nobody --regid=nogroup --clear-groups "${run[@]}"); chown nobody "$tmp"; fi
share=$tmp/root/usr/share/mariadb
mkdir -p "$tmp/data/mysql"
if [ "$(id -u)" = 0 ]; then chown -R nobody "$tmp/data"; fi
{
  printf 'CREATE DATABASE IF NOT EXISTS mysql;\nUSE mysql;\nSET @auth_root_socket=NULL;\n'
  grep -hv '@current_hostname' "$share"/mariadb_{system_tables,performance_tables,system_tables_data}.sql
} | "${run[@]}" --bootstrap >"$tmp/log" 2>&1 || cannot "server: $(tail -n 1 "$tmp/log")"
"${run[@]}" --socket="$tmp/socket" --pid-file="$tmp/pid" --skip-networking >"$tmp/log" 2>&1 & server=$!
for _ in $(seq 300); do [ -S "$tmp/socket" ] && break; sleep 0.1; done
[ -S "$tmp/socket" ] || cannot "server: $(tail -n 1 "$tmp/log")"

cat >"$tmp/look.py" <<'PYTHON'
import asyncio
import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path

import pymysql

SOCKET = sys.argv[1]
MODEL = """
from tortoise import Model, fields


class Item(Model):
    id = fields.IntField(primary_key=True)
    name = fields.CharField(10, description={!r})
"""
SETTINGS = """
import os

TORTOISE_ORM = {{
    "connections": {{"default": {{"engine": "tortoise.backends.mysql", "credentials": {{
        "unix_socket": {!r}, "host": "localhost", "port": 3306, "user": "root", "password": "", "database": os.environ["DB"]}}}}}},
    "apps": {{"models": {{"models": ["models", "aerich.models"], "default_connection": "default"}}}},
}}
"""


def aerich(database, *command):
    environment = {**os.environ, "DB": database, "PYTHONPATH": ".", "PYTHONWARNINGS": "ignore", "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run([sys.executable, "-m", "aerich", *command], capture_output=True, text=True, env=environment)
    errors = re.findall(r"near '(.{12})", done.stderr)
    print(database, *command[:1], "->", *(["1064 near", errors[-1]] if errors else [done.returncode]))


def lines(name):
    [path] = Path("migrations/models").glob(name)
    spec = importlib.util.spec_from_file_location("migration", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    for text in path.read_text(), asyncio.run(module.upgrade(None)):
        print("  ", re.search(r"COMMENT .+name[^,;\n]*", text)[0])


connection = pymysql.connect(unix_socket=SOCKET, user="root", autocommit=True)
for database in "one", "two":
    connection.cursor().execute(f"CREATE DATABASE {database}")
os.chdir(Path(SOCKET).parent)
Path("settings.py").write_text(SETTINGS.format(SOCKET))
Path("models.py").write_text(MODEL.format("the shop's name"))
aerich("one", "init", "-t", "settings.TORTOISE_ORM")
aerich("one", "init-db")
lines("0_*.py")
aerich("two", "upgrade")
Path("models.py").write_text(MODEL.format("the buyer's name"))
aerich("one", "migrate")
lines("1_*.py")
aerich("one", "upgrade")
PYTHON

expected=$(cat <<'TEXT'
one init -> 0
one init-db -> 0
   COMMENT 'the shop\'s name'
   COMMENT 'the shop's name'
two upgrade -> 1064 near name'\n) CHA
one migrate -> 0
   COMMENT 'the buyer\'s name'
   COMMENT 'the buyer's name'
one upgrade -> 1064 near name'' at li
TEXT
)

found=$("$tmp/venv/bin/python" "$tmp/look.py" "$tmp/socket" 2>&1) || true
echo "$found"
diff <(echo "$expected") <(echo "$found") >"$tmp/diff" || { echo "CHANGED:"; cat "$tmp/diff"; exit 1; }
