#!/usr/bin/env bash
# MariaDB: AUTO_INCREMENT for an existing key gives the row 0 another key, and leaves its children with the old one
#
# Version:   MariaDB 11.8.9 (Debian 1:11.8.9+ds-0+deb13u1)
# Behaviour: MODIFY … AUTO_INCREMENT of a key that had none copies the table and numbers a row 0 anew, as INSERT does.
#            A foreign key that refers to the column does not stop this, its ON UPDATE CASCADE does not carry the new
#            number to the children, and foreign_key_checks = 1 sees nothing: a child of 0 has no parent any more, and no
#            warning tells. MySQL 9.7.4 refuses with error 1833 where a foreign key refers to the column, and numbers
#            the row anew where none does. NO_AUTO_VALUE_ON_ZERO keeps the row as it is.
# Output:    parents 0 and 3 become 1 and 3, no warning, the children stay 0 and 3, one child without parent; the same
#            change with NO_AUTO_VALUE_ON_ZERO keeps 0
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



run("CREATE DATABASE shop", "USE shop", "SELECT @@foreign_key_checks, @@sql_mode LIKE '%STRICT_TRANS_TABLES%'")
for mode in ("", "NO_AUTO_VALUE_ON_ZERO"):
    print("mode", mode or "as it was")
    run(
        f"SET sql_mode = concat(@@sql_mode, ',{mode}')",
        "CREATE TABLE kind (id int NOT NULL PRIMARY KEY, name varchar(10))",
        "CREATE TABLE item (id int, kind_id int, FOREIGN KEY (kind_id) REFERENCES kind (id) ON UPDATE CASCADE)",
        "INSERT INTO kind VALUES (0, 'none'), (3, 'book')",
        "INSERT INTO item VALUES (10, 0), (13, 3)",
        "ALTER TABLE kind MODIFY id int NOT NULL AUTO_INCREMENT",
        "SHOW COUNT(*) WARNINGS",
        "SELECT * FROM kind ORDER BY id",
        "SELECT * FROM item ORDER BY id",
        "SELECT count(*), 'without parent' FROM item LEFT JOIN kind ON kind.id = kind_id WHERE kind.id IS NULL",
        "DROP TABLE item, kind",
    )
PYTHON

expected=$(cat <<'TEXT'
1 1
mode as it was
0
1 none
3 book
10 0
13 3
1 without parent
mode NO_AUTO_VALUE_ON_ZERO
0
0 none
3 book
10 0
13 3
0 without parent
TEXT
)

found=$("$tmp/venv/bin/python" "$tmp/look.py" "$tmp/socket" 2>&1) || true
echo "$found"
diff <(echo "$expected") <(echo "$found") >"$tmp/diff" || { echo "CHANGED:"; cat "$tmp/diff"; exit 1; }
