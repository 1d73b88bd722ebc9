#!/usr/bin/env bash
# MySQL: a FLOAT is one number for query() and another for execute() of the same driver, and a copy made of what was read is not equal
#
# Version:   MySQL 9.7.4 (Debian 9.7.4-2), PyMySQL==1.2.4, mysql-connector-python==26.10.0
# Behaviour: Six digits of a FLOAT are sent where the result is text (a plain query, mysqldump, CONCAT, CAST AS CHAR),
#            all of it where it is binary (a prepared statement), and where it is part of an expression (+ 0) or of
#            JSON. 16777216 is read as 16777200; whoever writes back what he has read has changed the row, and WHERE f
#            = 16777200 does not find what SELECT has just shown.
# Output:    one row by both cursors of a driver, by +0, CAST and JSON_ARRAY; what two WHEREs find; the row after it
#            was copied by text
# Source:    run on that version
set -euo pipefail

cannot() { echo "cannot be run here: $*" >&2; exit 2; }

tmp=$(mktemp -d /tmp/finding-XXXXXX) server=
stop() { [ -z "$server" ] || { kill -KILL "$server" && wait "$server"; } 2>/dev/null || true; server=; }
trap 'stop; rm -rf "$tmp"' EXIT

python3 -m venv "$tmp/venv" || cannot "python3 has no venv"
"$tmp/venv/bin/pip" install -q PyMySQL==1.2.4 mysql-connector-python==26.10.0 >"$tmp/log" 2>&1 || cannot "pip: $(tail -n 1 "$tmp/log")"

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
import sys

import mysql.connector
import pymysql

with pymysql.connect(unix_socket=sys.argv[1], user="root", autocommit=True) as connection, connection.cursor() as cursor:
    cursor.execute("CREATE DATABASE shop")
    cursor.execute("USE shop")
    cursor.execute("CREATE TABLE item (id int PRIMARY KEY, weight float)")
    cursor.execute("INSERT INTO item VALUES (1, 16777216)")

connection = mysql.connector.connect(unix_socket=sys.argv[1], user="root", database="shop", autocommit=True, use_pure=True)


def run(query, prepared=False, values=()):
    with connection.cursor(prepared=prepared) as cursor:
        cursor.execute(query, values)
        return cursor.fetchall() if cursor.description else None


print("text:  ", run("SELECT weight FROM item"))
print("binary:", run("SELECT weight FROM item", prepared=True))
print("text:  ", run("SELECT weight + 0, CAST(weight AS CHAR), JSON_ARRAY(weight) FROM item"))
for weight in 16777200, 16777216:
    print("WHERE weight =", weight, run(f"SELECT id FROM item WHERE weight = {weight}"))
[(weight,)] = run("SELECT weight FROM item")
run("UPDATE item SET weight = %s", values=(weight,))
print("after it was written back:", run("SELECT weight FROM item", prepared=True))
PYTHON

expected=$(cat <<'TEXT'
text:   [(16777200.0,)]
binary: [(16777216.0,)]
text:   [(16777216.0, '16777200', '[16777216.0]')]
WHERE weight = 16777200 []
WHERE weight = 16777216 [(1,)]
after it was written back: [(16777200.0,)]
TEXT
)

found=$("$tmp/venv/bin/python" "$tmp/look.py" "$tmp/socket" 2>&1) || true
echo "$found"
diff <(echo "$expected") <(echo "$found") >"$tmp/diff" || { echo "CHANGED:"; cat "$tmp/diff"; exit 1; }
