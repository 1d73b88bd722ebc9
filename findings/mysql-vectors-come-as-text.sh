#!/usr/bin/env bash
# MySQL: drivers read a VECTOR as text, so that one value is a str of odd characters and the next one an error
#
# Version:   MySQL 9.7.4 (Debian 9.7.4-2) with PyMySQL==1.2.4 and asyncmy==0.2.18
# Behaviour: The server sends the new type VECTOR with a charset that neither driver takes for binary. Both decode the
#            four bytes of each number as ASCII: [0] becomes a str of four zero characters, [1] cannot be decoded, and
#            the row cannot be read, nor any other of that query. The bytes of a BLOB, a BIT or a POINT come as bytes,
#            as does MariaDB's VECTOR. FROM_VECTOR() is the way out.
# Output:    a str for [0], UnicodeDecodeError for [1], in both drivers; FROM_VECTOR gives [1.00000e+00]
# Source:    run on that version
set -euo pipefail

cannot() { echo "cannot be run here: $*" >&2; exit 2; }

tmp=$(mktemp -d /tmp/finding-XXXXXX) server=
stop() { [ -z "$server" ] || { kill -KILL "$server" && wait "$server"; } 2>/dev/null || true; server=; }
trap 'stop; rm -rf "$tmp"' EXIT

python3 -m venv "$tmp/venv" || cannot "python3 has no venv"
"$tmp/venv/bin/pip" install -q PyMySQL==1.2.4 asyncmy==0.2.18 >"$tmp/log" 2>&1 || cannot "pip: $(tail -n 1 "$tmp/log")"

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
import sys

import asyncmy
import pymysql

TABLE = "CREATE TABLE shop.item (id int PRIMARY KEY, meaning vector(1))"
ROWS = "INSERT INTO shop.item VALUES (1, TO_VECTOR('[0]')), (2, TO_VECTOR('[1]'))"
QUERIES = (
    "SELECT meaning FROM shop.item WHERE id = 1",
    "SELECT meaning FROM shop.item WHERE id = 2",
    "SELECT meaning FROM shop.item",
    "SELECT FROM_VECTOR(meaning) FROM shop.item WHERE id = 2",
)

connection = pymysql.connect(unix_socket=sys.argv[1], user="root", autocommit=True)
with connection.cursor() as cursor:
    for statement in "CREATE DATABASE shop", TABLE, ROWS:
        cursor.execute(statement)
connection.close()

for query in QUERIES:
    connection = pymysql.connect(unix_socket=sys.argv[1], user="root")
    with connection.cursor() as cursor:
        try:
            cursor.execute(query)
            print("PyMySQL", cursor.fetchall())
        except UnicodeDecodeError as error:
            print("PyMySQL", repr(error))


async def look():
    for query in QUERIES:
        connection = await asyncmy.connect(unix_socket=sys.argv[1], user="root")
        async with connection.cursor() as cursor:
            try:
                await cursor.execute(query)
                print("asyncmy", await cursor.fetchall())
            except UnicodeDecodeError as error:
                print("asyncmy", repr(error))
        connection.close()


asyncio.run(look())
PYTHON

expected=$(cat <<'TEXT'
PyMySQL (('\x00\x00\x00\x00',),)
PyMySQL UnicodeDecodeError('ascii', b'\x00\x00\x80?', 2, 3, 'ordinal not in range(128)')
PyMySQL UnicodeDecodeError('ascii', b'\x00\x00\x80?', 2, 3, 'ordinal not in range(128)')
PyMySQL (('[1.00000e+00]',),)
asyncmy (('\x00\x00\x00\x00',),)
asyncmy UnicodeDecodeError('ascii', b'\x00\x00\x80?', 2, 3, 'ordinal not in range(128)')
asyncmy UnicodeDecodeError('ascii', b'\x00\x00\x80?', 2, 3, 'ordinal not in range(128)')
asyncmy (('[1.00000e+00]',),)
TEXT
)

found=$("$tmp/venv/bin/python" "$tmp/look.py" "$tmp/socket" 2>&1) || true
echo "$found"
diff <(echo "$expected") <(echo "$found") >"$tmp/diff" || { echo "CHANGED:"; cat "$tmp/diff"; exit 1; }
