#!/usr/bin/env bash
# MariaDB: information_schema shows the DEFAULT partition of a LIST as one of the value 0
#
# Version:   MariaDB 11.8.9 (Debian 1:11.8.9+ds-0+deb13u1)
# Behaviour: PARTITION_DESCRIPTION is 0 for PARTITION … DEFAULT of a table that is partitioned BY LIST, as for VALUES IN (0),
#            and MAXVALUE where it is BY LIST COLUMNS, which VALUES IN does not take. SHOW CREATE TABLE alone tells the two
#            apart: a row with another value goes into the one, and is refused (1526) by the table with the other.
# Output:    0 of both tables, of which one takes the row 7; MAXVALUE of the third
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


def run(*statements):
    for statement in statements:
        with connection.cursor() as cursor:
            try:
                cursor.execute(statement)
            except pymysql.MySQLError as error:
                print("ERROR", error.args[0], "for", statement)
                continue
            for row in cursor.fetchall():
                print(*row)


run(
    "CREATE DATABASE shop",
    "USE shop",
    "CREATE TABLE a_rest (n int) PARTITION BY LIST (n) (PARTITION one VALUES IN (1), PARTITION other DEFAULT)",
    "CREATE TABLE b_zero (n int) PARTITION BY LIST (n) (PARTITION one VALUES IN (1), PARTITION other VALUES IN (0))",
    "CREATE TABLE c_columns (n int) PARTITION BY LIST COLUMNS (n) (PARTITION one VALUES IN (1), PARTITION other DEFAULT)",
    "SELECT table_name, partition_description FROM information_schema.partitions"
    " WHERE table_schema = 'shop' AND partition_name = 'other' ORDER BY table_name",
    "INSERT INTO a_rest VALUES (7)",
    "INSERT INTO b_zero VALUES (7)",
    "INSERT INTO c_columns VALUES (7)",
    "SELECT (SELECT count(*) FROM a_rest), (SELECT count(*) FROM b_zero), (SELECT count(*) FROM c_columns)",
)
PYTHON

expected=$(cat <<'TEXT'
a_rest 0
b_zero 0
c_columns MAXVALUE
ERROR 1526 for INSERT INTO b_zero VALUES (7)
1 0 1
TEXT
)

found=$("$tmp/venv/bin/python" "$tmp/look.py" "$tmp/socket" 2>&1) || true
echo "$found"
diff <(echo "$expected") <(echo "$found") >"$tmp/diff" || { echo "CHANGED:"; cat "$tmp/diff"; exit 1; }
