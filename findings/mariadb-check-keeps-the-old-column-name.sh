#!/usr/bin/env bash
# MariaDB: the check of a renamed column keeps the column's old name, so that an error of INSERT may name another column
#
# Version:   MariaDB 11.8.9 (Debian 1:11.8.9+ds-0+deb13u1), PyMySQL==1.2.4
# Behaviour: A CHECK in the text of a column, which JSON has by itself, has the column's name in
#            information_schema.CHECK_CONSTRAINTS and in error 4025. RENAME COLUMN writes its condition anew and leaves its
#            name, which SHOW CREATE TABLE does not print and DROP CONSTRAINT does not know. Where two columns have
#            swapped their names, the error names the one that is right; MODIFY of one of them leaves two checks of one
#            name. In a table that is made from SHOW CREATE TABLE they have the new names.
# Output:    the checks before and after the swap, with the error of an INSERT each; after MODIFY; in a table made from
#            SHOW CREATE TABLE
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


def execute(statement):
    try:
        cursor.execute(statement)
        print(statement)
    except pymysql.MySQLError as error:
        print(statement, "->", *error.args)


def checks():
    cursor.execute("SELECT constraint_name, check_clause FROM information_schema.check_constraints WHERE constraint_schema = 'shop'")
    print("  catalog:", *(f"{name}: {condition}" for name, condition in cursor.fetchall()), sep="  ")


def text():
    cursor.execute("SHOW CREATE TABLE item")
    return cursor.fetchone()[1]


cursor.execute("CREATE DATABASE shop")
cursor.execute("USE shop")
execute("CREATE TABLE item (low int CHECK (low > 0), high int CHECK (high > 9), data json)")
checks()
execute("INSERT INTO item VALUES (0, 20, '{}')")
execute("ALTER TABLE item RENAME COLUMN low TO high, RENAME COLUMN high TO low, RENAME COLUMN data TO doc")
checks()
print(*text().splitlines()[1:-1], sep="\n")
execute("INSERT INTO item (high, low) VALUES (0, 20)")
execute("INSERT INTO item (doc) VALUES ('no json')")
execute("ALTER TABLE item DROP CONSTRAINT data")
execute("ALTER TABLE item MODIFY low bigint CHECK (low > 9)")
checks()
again = text()
cursor.execute("DROP TABLE item")
cursor.execute(again)
print("made from SHOW CREATE TABLE")
checks()
execute("INSERT INTO item (high, low) VALUES (0, 20)")
PYTHON

expected=$(cat <<'TEXT'
CREATE TABLE item (low int CHECK (low > 0), high int CHECK (high > 9), data json)
  catalog:  low: `low` > 0  high: `high` > 9  data: json_valid(`data`)
INSERT INTO item VALUES (0, 20, '{}') -> 4025 CONSTRAINT `item.low` failed for `shop`.`item`
ALTER TABLE item RENAME COLUMN low TO high, RENAME COLUMN high TO low, RENAME COLUMN data TO doc
  catalog:  low: `high` > 0  high: `low` > 9  data: json_valid(`doc`)
  `high` int(11) DEFAULT NULL CHECK (`high` > 0),
  `low` int(11) DEFAULT NULL CHECK (`low` > 9),
  `doc` longtext CHARACTER SET utf8mb4 COLLATE utf8mb4_bin DEFAULT NULL CHECK (json_valid(`doc`))
INSERT INTO item (high, low) VALUES (0, 20) -> 4025 CONSTRAINT `item.low` failed for `shop`.`item`
INSERT INTO item (doc) VALUES ('no json') -> 4025 CONSTRAINT `item.data` failed for `shop`.`item`
ALTER TABLE item DROP CONSTRAINT data -> 1091 Can't DROP CONSTRAINT `data`; check that it exists
ALTER TABLE item MODIFY low bigint CHECK (low > 9)
  catalog:  low: `high` > 0  low: `low` > 9  data: json_valid(`doc`)
made from SHOW CREATE TABLE
  catalog:  high: `high` > 0  low: `low` > 9  doc: json_valid(`doc`)
INSERT INTO item (high, low) VALUES (0, 20) -> 4025 CONSTRAINT `item.high` failed for `shop`.`item`
TEXT
)

found=$("$tmp/venv/bin/python" "$tmp/look.py" "$tmp/socket" 2>&1) || true
echo "$found"
diff <(echo "$expected") <(echo "$found") >"$tmp/diff" || { echo "CHANGED:"; cat "$tmp/diff"; exit 1; }
