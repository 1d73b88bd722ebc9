#!/usr/bin/env bash
# MariaDB: ALTER COLUMN … SET DEFAULT and DROP DEFAULT take ON UPDATE CURRENT_TIMESTAMP along, unless the old default was a constant
#
# Version:   MariaDB 11.8.9 (Debian 1:11.8.9+ds-0+deb13u1)
# Behaviour: Where DEFAULT and ON UPDATE are both CURRENT_TIMESTAMP, ALTER COLUMN changes the one and drops the other,
#            without a warning: rows keep their old time for good. Where the default was a constant, ON UPDATE stays.
#            MySQL 9.7.4 keeps it in both cases.
# Output:    `changed` has lost its ON UPDATE after SET DEFAULT, `dropped` after DROP DEFAULT; `constant` keeps it
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



run("CREATE DATABASE shop", "USE shop")
run(
    "CREATE TABLE item (id int, changed datetime NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP, "
    "dropped datetime NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP, "
    "constant datetime NOT NULL DEFAULT '2020-01-01 00:00:00' ON UPDATE CURRENT_TIMESTAMP)",
    "ALTER TABLE item ALTER COLUMN changed SET DEFAULT '2020-01-01 00:00:00'",
    "SHOW WARNINGS",
    "ALTER TABLE item ALTER COLUMN dropped DROP DEFAULT",
    "SHOW WARNINGS",
    "ALTER TABLE item ALTER COLUMN constant SET DEFAULT '2021-01-01 00:00:00'",
    "SHOW CREATE TABLE item",
    "INSERT INTO item (id, dropped) VALUES (1, '2020-01-01 00:00:00')",
    "UPDATE item SET id = 2",
    "SELECT changed, dropped, constant > '2021-01-01 00:00:00' FROM item",
)
PYTHON

expected=$(cat <<'TEXT'
item CREATE TABLE `item` (
  `id` int(11) DEFAULT NULL,
  `changed` datetime NOT NULL DEFAULT '2020-01-01 00:00:00',
  `dropped` datetime NOT NULL,
  `constant` datetime NOT NULL DEFAULT '2021-01-01 00:00:00' ON UPDATE current_timestamp()
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_uca1400_ai_ci
2020-01-01 00:00:00 2020-01-01 00:00:00 1
TEXT
)

found=$("$tmp/venv/bin/python" "$tmp/look.py" "$tmp/socket" 2>&1) || true
echo "$found"
diff <(echo "$expected") <(echo "$found") >"$tmp/diff" || { echo "CHANGED:"; cat "$tmp/diff"; exit 1; }
