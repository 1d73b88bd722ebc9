#!/usr/bin/env bash
# peewee: rename_column on MariaDB forgets default, comment and character set, and gives a timestamp the default 0000-00-00
#
# Version:   peewee==4.5.3 with PyMySQL==1.2.4 on MariaDB 11.8.9 (Debian 1:11.8.9+ds-0+deb13u1)
# Behaviour: The MySQL migrator restates a column that it renames from its type, its NOT NULL and the last column of
#            DESCRIBE. Default, comment and character set are not in it and go; of current_timestamp() with ON UPDATE
#            the second half is kept, so that the server adds a default of zeros, which INSERT writes from then on. A
#            unique column gets a second unique index. drop_not_null restates it in the same way. Nothing is told. MySQL
#            9.7.4 loses default, comment and character set as well, and stops at the timestamp with a syntax error.
# Output:    SHOW CREATE TABLE before and after; the second of two rows has another state, code and time than the first,
#            or none at all
# Source:    run on that version; playhouse/migrate.py, MySQLMigrator._get_column_definition
set -euo pipefail

cannot() { echo "cannot be run here: $*" >&2; exit 2; }

tmp=$(mktemp -d /tmp/finding-XXXXXX) server=
stop() { [ -z "$server" ] || { kill -KILL "$server" && wait "$server"; } 2>/dev/null || true; server=; }
trap 'stop; rm -rf "$tmp"' EXIT

python3 -m venv "$tmp/venv" || cannot "python3 has no venv"
"$tmp/venv/bin/pip" install -q PyMySQL==1.2.4 peewee==4.5.3 >"$tmp/log" 2>&1 || cannot "pip: $(tail -n 1 "$tmp/log")"

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

from peewee import MySQLDatabase, OperationalError
from playhouse.migrate import MySQLMigrator, migrate

database = MySQLDatabase("shop", unix_socket=sys.argv[1], user="root")
MySQLDatabase("mysql", unix_socket=sys.argv[1], user="root").execute_sql("CREATE DATABASE shop")
database.execute_sql(
    "CREATE TABLE item (id int PRIMARY KEY, code varchar(10) CHARACTER SET latin1 COLLATE latin1_bin NOT NULL DEFAULT 'new'"
    " COMMENT 'as printed', at timestamp NOT NULL DEFAULT current_timestamp() ON UPDATE current_timestamp(),"
    " state enum('open', 'shut') NOT NULL DEFAULT 'shut', UNIQUE KEY code (code)) CHARACTER SET utf8mb4 COLLATE utf8mb4_uca1400_ai_ci"
)


def show():
    for line in database.execute_sql("SHOW CREATE TABLE item").fetchone()[1].splitlines()[2:-1]:
        print(line)


show()
database.execute_sql("INSERT INTO item (id) VALUES (1)")
migrator = MySQLMigrator(database)
migrate(
    migrator.rename_column("item", "code", "label"),
    migrator.rename_column("item", "at", "moment"),
    migrator.drop_not_null("item", "state"),
)
show()
try:
    database.execute_sql("INSERT INTO item (id) VALUES (2)")
except OperationalError as error:
    print("ERROR", *error.args)
database.execute_sql("INSERT INTO item (id, label) VALUES (2, 'x')")
for row in database.execute_sql("SELECT label, moment = 0, state FROM item ORDER BY id").fetchall():
    print(*row)
PYTHON

expected=$(cat <<'TEXT'
  `code` varchar(10) CHARACTER SET latin1 COLLATE latin1_bin NOT NULL DEFAULT 'new' COMMENT 'as printed',
  `at` timestamp NOT NULL DEFAULT current_timestamp() ON UPDATE current_timestamp(),
  `state` enum('open','shut') NOT NULL DEFAULT 'shut',
  PRIMARY KEY (`id`),
  UNIQUE KEY `code` (`code`)
  `label` varchar(10) NOT NULL,
  `moment` timestamp NOT NULL DEFAULT '0000-00-00 00:00:00' ON UPDATE current_timestamp(),
  `state` enum('open','shut') DEFAULT NULL,
  PRIMARY KEY (`id`),
  UNIQUE KEY `code` (`label`),
  UNIQUE KEY `label` (`label`)
ERROR 1364 Field 'label' doesn't have a default value
new 0 shut
x 1 None
TEXT
)

found=$("$tmp/venv/bin/python" "$tmp/look.py" "$tmp/socket" 2>&1) || true
echo "$found"
diff <(echo "$expected") <(echo "$found") >"$tmp/diff" || { echo "CHANGED:"; cat "$tmp/diff"; exit 1; }
