#!/usr/bin/env bash
# MariaDB: a column that is COMPRESSED and NOT NULL gets DEFAULT '' that nobody asked for, so that INSERT need not name it
#
# Version:   MariaDB 11.8.9 (Debian 1:11.8.9+ds-0+deb13u1), PyMySQL==1.2.4
# Behaviour: varchar, varbinary, text and blob get DEFAULT '' with COMPRESSED NOT NULL, in CREATE TABLE and in MODIFY of a
#            column that had none. INSERT without such a column, which strict mode refuses for a column without a
#            default, writes the empty text. ALTER COLUMN … DROP DEFAULT takes it away, and INSERT is refused; a table
#            that is made from its own SHOW CREATE TABLE has it again.
# Output:    SHOW CREATE TABLE, the catalog and INSERT; a column after MODIFY to COMPRESSED, another after DROP DEFAULT, and
#            made anew from SHOW CREATE TABLE
# Source:    run on that version
set -euo pipefail

cannot() { echo "cannot be run here: $*" >&2; exit 2; }

tmp=$(mktemp -d /tmp/finding-XXXXXX) server=
stop() { [ -z "$server" ] || { kill -KILL "$server" && wait "$server"; } 2>/dev/null || true; server=; }
trap 'stop; rm -rf "$tmp"' EXIT

python3 -m venv "$tmp/venv" || cannot "python3 has no venv"
"$tmp/venv/bin/pip" install -q PyMySQL==1.2.4 >"$tmp/log" 2>&1 || cannot "pip: $(tail -n 1 "$tmp/log")"

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
import sys

import pymysql

connection = pymysql.connect(unix_socket=sys.argv[1], user="root", autocommit=True)
cursor = connection.cursor()
cursor.execute("CREATE DATABASE shop")
cursor.execute("USE shop")


def text():
    cursor.execute("SHOW CREATE TABLE item")
    return cursor.fetchone()[1]


def show(*names):
    print(*(line for line in text().splitlines() if line.strip().startswith(tuple(f"`{name}`" for name in names))), sep="\n")


def insert(row):
    try:
        cursor.execute(f"INSERT INTO item (id, plain) VALUES ({row}, 'x')")
        cursor.execute(f"SELECT name, raw, note, body FROM item WHERE id = {row}")
        print("INSERT:", *map(repr, cursor.fetchone()))
    except pymysql.MySQLError as error:
        print("INSERT:", *error.args)


cursor.execute(
    "CREATE TABLE item (id int PRIMARY KEY, plain varchar(20) NOT NULL, name varchar(20) COMPRESSED NOT NULL,"
    " raw varbinary(20) COMPRESSED NOT NULL, note text COMPRESSED NOT NULL, body blob COMPRESSED NOT NULL)"
)
show("plain", "name", "raw", "note", "body")
cursor.execute("SELECT column_name, column_default FROM information_schema.columns WHERE table_schema = 'shop' AND table_name = 'item'")
print("catalog:", dict(cursor.fetchall()))
insert(1)
cursor.execute("ALTER TABLE item MODIFY plain varchar(20) COMPRESSED NOT NULL")
show("plain")
cursor.execute("ALTER TABLE item ALTER name DROP DEFAULT")
show("name")
insert(2)
again = text()
cursor.execute("DROP TABLE item")
cursor.execute(again)
show("name")
insert(3)
PYTHON

expected=$(cat <<'TEXT'
  `plain` varchar(20) NOT NULL,
  `name` varchar(20) /*M!100301 COMPRESSED*/ NOT NULL DEFAULT '',
  `raw` varbinary(20) /*M!100301 COMPRESSED*/ NOT NULL DEFAULT '',
  `note` text /*M!100301 COMPRESSED*/ NOT NULL DEFAULT '',
  `body` blob /*M!100301 COMPRESSED*/ NOT NULL DEFAULT '',
catalog: {'id': None, 'plain': None, 'name': "''", 'raw': "''", 'note': "''", 'body': "''"}
INSERT: '' b'' '' b''
  `plain` varchar(20) /*M!100301 COMPRESSED*/ NOT NULL DEFAULT '',
  `name` varchar(20) /*M!100301 COMPRESSED*/ NOT NULL,
INSERT: 1364 Field 'name' doesn't have a default value
  `name` varchar(20) /*M!100301 COMPRESSED*/ NOT NULL DEFAULT '',
INSERT: '' b'' '' b''
TEXT
)

found=$("$tmp/venv/bin/python" "$tmp/look.py" "$tmp/socket" 2>&1) || true
echo "$found"
diff <(echo "$expected") <(echo "$found") >"$tmp/diff" || { echo "CHANGED:"; cat "$tmp/diff"; exit 1; }
