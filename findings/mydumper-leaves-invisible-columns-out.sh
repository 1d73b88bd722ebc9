#!/usr/bin/env bash
# mydumper: values of invisible columns are not in the dump, unless the table also has a generated column
#
# Version:   mydumper 0.10.1 (Debian 0.10.1-1+deb12u2) on MariaDB 10.11.18 (Debian 1:10.11.18-0+deb12u1), PyMySQL==1.2.4
# Behaviour: The rows are read with SELECT *, which leaves invisible columns out, and written without names of columns. The
#            table of the dump has the column, so that each row gets the default there: 2 becomes 7, or NULL. A NOT NULL
#            column without a default makes the dump one that cannot be read in. Of a table that has a generated column
#            the names are listed, and all values are kept. Exit code 0, nothing is said.
# Output:    the INSERT of each table, the rows before and in the database that the dump makes
# Source:    run on that version
set -euo pipefail

cannot() { echo "cannot be run here: $*" >&2; exit 2; }

tmp=$(mktemp -d /tmp/finding-XXXXXX) server=
stop() { [ -z "$server" ] || { kill -KILL "$server" && wait "$server"; } 2>/dev/null || true; server=; }
trap 'stop; rm -rf "$tmp"' EXIT

python3 -m venv "$tmp/venv" || cannot "python3 has no venv"
"$tmp/venv/bin/pip" install -q PyMySQL==1.2.4 >"$tmp/log" 2>&1 || cannot "pip: $(tail -n 1 "$tmp/log")"

# The package and all that it depends on, unpacked here with an apt that knows of no installed package.
package=mydumper version=0.10.1-1+deb12u2 server_package=mariadb-server-core=1:10.11.18-0+deb12u1 suite=bookworm
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
plan=$(apt install -s --no-install-recommends "$package=$version" "$server_package") || cannot "Debian $suite has no $package $version any more"
(cd "$tmp/apt/debs" && apt download -qq $(sed -n 's/^Inst \([^ ]*\).*/\1/p' <<<"$plan") >/dev/null) || cannot "apt-get download: $(tail -n 1 "$tmp/log")"
for deb in "$tmp"/apt/debs/*.deb; do dpkg -x "$deb" "$tmp/root"; done
libraries=$(echo "$tmp"/root/usr/lib/*-linux-gnu):$(echo "$tmp"/root/lib/*-linux-gnu)
loader=$(find "$tmp"/root/lib* "$tmp"/root/usr/lib -name 'ld-linux*.so.*' 2>/dev/null | head -n 1)

run=("$loader" --library-path "$libraries:$tmp/root/usr/lib/mysql/private" "$tmp/root/usr/sbin/mariadbd" --no-defaults
  --basedir="$tmp/root/usr" --lc-messages-dir="$tmp/root/usr/share/mysql" --datadir="$tmp/data" --innodb-use-native-aio=0)
if [ "$(id -u)" = 0 ]; then run=(setpriv --reuid=nobody --regid=nogroup --clear-groups "${run[@]}"); chown nobody "$tmp"; fi
share=$tmp/root/usr/share/mysql
mkdir -p "$tmp/data/mysql"
if [ "$(id -u)" = 0 ]; then chown -R nobody "$tmp/data"; fi
{
  printf 'CREATE DATABASE IF NOT EXISTS mysql;\nUSE mysql;\nSET @auth_root_socket=NULL;\n'
  grep -hv '@current_hostname' "$share"/mysql_{system_tables,performance_tables,system_tables_data}.sql
} | "${run[@]}" --bootstrap >"$tmp/log" 2>&1 || cannot "server: $(tail -n 1 "$tmp/log")"
"${run[@]}" --socket="$tmp/socket" --pid-file="$tmp/pid" --skip-networking >"$tmp/log" 2>&1 & server=$!
for _ in $(seq 300); do [ -S "$tmp/socket" ] && break; sleep 0.1; done
[ -S "$tmp/socket" ] || cannot "server: $(tail -n 1 "$tmp/log")"

mydumper() { "$loader" --library-path "$libraries" "$tmp/root/usr/bin/mydumper" "$@"; }
tell() { "$tmp/venv/bin/python" -c '
import sys
import pymysql
connection = pymysql.connect(unix_socket=sys.argv[1], user="root", autocommit=True, client_flag=pymysql.constants.CLIENT.MULTI_STATEMENTS)
with connection.cursor() as cursor:
    try:
        cursor.execute(sys.stdin.read())
        while True:
            for row in cursor.fetchall(): print(*row)
            if not cursor.nextset(): break
    except pymysql.MySQLError as error:
        print("ERROR", *error.args)
' "$tmp/socket"; }

tell <<'SQL'
CREATE DATABASE shop; USE shop;
CREATE TABLE item (id int PRIMARY KEY, price int INVISIBLE DEFAULT 7, note int INVISIBLE);
CREATE TABLE item_with_generated (id int PRIMARY KEY, price int INVISIBLE DEFAULT 7, twice int AS (price * 2) STORED);
INSERT INTO item (id, price, note) VALUES (1, 2, 3);
INSERT INTO item_with_generated (id, price) VALUES (1, 2);
SQL

expected=$(cat <<'TEXT'
exit code 0
INSERT INTO `item` VALUES
(1);
--
INSERT INTO `item_with_generated` (`id`,`price`) VALUES
(1,2);
shop
1 2 3
1 2 4
copy
1 7 None
1 2 4
TEXT
)
found=$(
  mydumper --socket "$tmp/socket" --user root --database shop --outputdir "$tmp/dump" 2>&1
  echo "exit code $?"
  grep -hA1 INSERT "$tmp"/dump/shop.item.sql "$tmp"/dump/shop.item_with_generated.sql
  { echo "CREATE DATABASE copy; USE copy;"; cat "$tmp"/dump/*-schema.sql "$tmp"/dump/shop.item.sql "$tmp"/dump/shop.item_with_generated.sql; } | tell
  for database in shop copy; do
    echo "$database"
    echo "USE $database; SELECT id, price, note FROM item; SELECT id, price, twice FROM item_with_generated;" | tell
  done
) || true
echo "$found"
diff <(echo "$expected") <(echo "$found") >"$tmp/diff" || { echo "CHANGED:"; cat "$tmp/diff"; exit 1; }
