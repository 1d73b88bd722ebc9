#!/usr/bin/env bash
# MariaDB: a default with a sequence keeps the name of its database, so that a copy made by mariadb-dump takes its numbers from the original
#
# Version:   MariaDB 11.8.9 and its mariadb-dump (Debian 1:11.8.9+ds-0+deb13u1)
# Behaviour: DEFAULT nextval(s) is stored as nextval(`shop`.`s`), and the dump of one database writes it so, beside the
#            CREATE SEQUENCE of the copy's own s. Read into another database, its tables take numbers from the first one
#            as long as that is there; the copy's own sequence stands still, and INSERT fails with 1146 once the first
#            database is gone. RENAME TABLE of a sequence leaves the defaults with the old name, after which INSERT and
#            ALTER TABLE of any other column fail.
# Output:    the default in the dump, numbers of original and copy in turn, the error after DROP DATABASE, and those
#            after a rename
# Source:    run on that version
set -euo pipefail

cannot() { echo "cannot be run here: $*" >&2; exit 2; }

tmp=$(mktemp -d /tmp/finding-XXXXXX) server=
stop() { [ -z "$server" ] || { kill -KILL "$server" && wait "$server"; } 2>/dev/null || true; server=; }
trap 'stop; rm -rf "$tmp"' EXIT

python3 -m venv "$tmp/venv" || cannot "python3 has no venv"
"$tmp/venv/bin/pip" install -q PyMySQL==1.2.4 >"$tmp/log" 2>&1 || cannot "pip: $(tail -n 1 "$tmp/log")"

# The packages and all that they depend on, unpacked here with an apt that knows of no installed package.
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
plan=$(apt install -s --no-install-recommends "$package=$version" mariadb-client=1:11.8.9+ds-0+deb13u1) || cannot "Debian $suite has no $package $version any more"
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
for statement in sys.argv[2:]:
    with connection.cursor() as cursor:
        try:
            cursor.execute(statement)
            for row in cursor.fetchall():
                print(*row)
        except pymysql.MySQLError as error:
            print("ERROR", *error.args)
PYTHON
sql() { "$tmp/venv/bin/python" "$tmp/look.py" "$tmp/socket" "$@"; }

expected=$(cat <<'TEXT'
CREATE SEQUENCE `s`
DEFAULT nextval(`shop`.`s`),
shop 1
copy 2
copy 3
shop 4
1001
1
ERROR 1146 Table 'shop.s' doesn't exist
1
ERROR 1146 Table 'copy.s' doesn't exist
ERROR 1146 Table 'copy.s' doesn't exist
TEXT
)

found=$(
  sql "CREATE DATABASE shop" "CREATE DATABASE copy" "CREATE SEQUENCE shop.s" "CREATE TABLE shop.item (id bigint PRIMARY KEY DEFAULT nextval(shop.s), name text)"
  "$loader" --library-path "$libraries" "$tmp/root/usr/bin/mariadb-dump" --no-defaults -S "$tmp/socket" -u root shop >"$tmp/dump.sql" 2>"$tmp/log" || tail -n 1 "$tmp/log"
  grep -o 'CREATE SEQUENCE `s`\|DEFAULT nextval.*' "$tmp/dump.sql"
  "$loader" --library-path "$libraries" "$tmp/root/usr/bin/mariadb" --no-defaults -S "$tmp/socket" -u root copy <"$tmp/dump.sql" 2>&1
  for name in shop copy copy shop; do sql "INSERT INTO $name.item (name) VALUES ('x') RETURNING '$name', id"; done
  sql "SELECT next_not_cached_value FROM shop.s" "SELECT next_not_cached_value FROM copy.s" "DROP DATABASE shop" "INSERT INTO copy.item (name) VALUES ('y')"
  sql "CREATE TABLE copy.own (id bigint PRIMARY KEY DEFAULT nextval(copy.s), name text)" "INSERT INTO copy.own (name) VALUES ('x') RETURNING id" \
    "RENAME TABLE copy.s TO copy.numbers" "INSERT INTO copy.own (name) VALUES ('y')" "ALTER TABLE copy.own ALTER name SET DEFAULT 'z'"
) || true
echo "$found"
diff <(echo "$expected") <(echo "$found") >"$tmp/diff" || { echo "CHANGED:"; cat "$tmp/diff"; exit 1; }
