#!/usr/bin/env bash
# MariaDB: a column that is added with DEFAULT (rand()) has one number in all rows, with DEFAULT (uuid()) one in each
#
# Version:   MariaDB 11.8.9 (Debian 1:11.8.9+ds-0+deb13u1)
# Behaviour: ADD COLUMN whose default is made of rand() alone works it out once and gives the number to every row that is
#            there, which a sampling column shows late. uuid(), random_bytes() and nextval() are worked out for each row
#            in the same place. ALGORITHM=COPY, which should not change what a statement means, gives each row a number of
#            its own with rand() too, as do INSERT and UPDATE … = DEFAULT. MySQL 9.7.4 refuses such a column (1674).
# Output:    different values among three rows: 1 for rand() and rand() + 0, 3 for all others, for rand() after UPDATE … =
#            DEFAULT as well
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



run("CREATE DATABASE shop", "USE shop", "CREATE TABLE item (id int PRIMARY KEY)", "INSERT INTO item VALUES (1), (2), (3)")
run(
    "CREATE SEQUENCE numbers",
    "ALTER TABLE item ADD COLUMN bare double DEFAULT (rand())",
    "ALTER TABLE item ADD COLUMN strict double NOT NULL DEFAULT (rand())",
    "ALTER TABLE item ADD COLUMN more double DEFAULT (rand() + 0)",
    "ALTER TABLE item ADD COLUMN copied double DEFAULT (rand()), ALGORITHM=COPY",
    "ALTER TABLE item ADD COLUMN uuid varchar(36) DEFAULT (uuid())",
    "ALTER TABLE item ADD COLUMN bytes varbinary(8) DEFAULT (random_bytes(8))",
    "ALTER TABLE item ADD COLUMN number int DEFAULT (nextval(numbers))",
)
for column in ("bare", "strict", "more", "copied", "uuid", "bytes", "number"):
    run(f"SELECT '{column}', count(DISTINCT {column}) FROM item")
run("UPDATE item SET bare = DEFAULT", "SELECT 'bare, updated', count(DISTINCT bare) FROM item")
PYTHON

expected=$(cat <<'TEXT'
bare 1
strict 1
more 1
copied 3
uuid 3
bytes 3
number 3
bare, updated 3
TEXT
)

found=$("$tmp/venv/bin/python" "$tmp/look.py" "$tmp/socket" 2>&1) || true
echo "$found"
diff <(echo "$expected") <(echo "$found") >"$tmp/diff" || { echo "CHANGED:"; cat "$tmp/diff"; exit 1; }
