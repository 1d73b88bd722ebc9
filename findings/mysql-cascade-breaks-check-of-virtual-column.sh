#!/usr/bin/env bash
# MySQL: a CHECK and a NOT NULL of a virtual column hold for INSERT and UPDATE, and not for what a foreign key's action writes
#
# Version:   MySQL 9.7.4 (Debian 9.7.4-2), PyMySQL==1.2.4
# Behaviour: A CHECK on a foreign key's column with CASCADE or SET NULL is refused with error 3823. The same condition
#            on a virtual column that is computed from that one is taken, and so is NOT NULL: an UPDATE or DELETE of the
#            parent then writes children that break them, without an error or a warning, and NULL in the NOT NULL column
#            is read as 0. Such a row cannot be updated any more, in no other column either, a change of the table that
#            copies it stops there, and a CHECK that was off cannot be switched on. A stored column in this place is
#            refused, as is the CHECK by MariaDB 11.8.9.
# Output:    3823 for the plain column; after UPDATE and DELETE of the parents a child with 180 over a check of < 100,
#            one with NULL, and 0 for NULL where it must not be; 3819 and 1048 for the UPDATE of the note and for
#            ALGORITHM=COPY
# Source:    run on that version
set -euo pipefail

cannot() { echo "cannot be run here: $*" >&2; exit 2; }

tmp=$(mktemp -d /tmp/finding-XXXXXX) server=
stop() { [ -z "$server" ] || { kill -KILL "$server" && wait "$server"; } 2>/dev/null || true; server=; }
trap 'stop; rm -rf "$tmp"' EXIT

python3 -m venv "$tmp/venv" || cannot "python3 has no venv"
"$tmp/venv/bin/pip" install -q PyMySQL==1.2.4 >"$tmp/log" 2>&1 || cannot "pip: $(tail -n 1 "$tmp/log")"

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

import pymysql

connection = pymysql.connect(unix_socket=sys.argv[1], user="root", autocommit=True)


def run(*statements):
    for statement in statements:
        with connection.cursor() as cursor:
            try:
                cursor.execute(statement)
            except pymysql.MySQLError as error:
                print("ERROR", *error.args, "for", statement.split(" (")[0])
                continue
            for row in cursor.fetchall():
                print(*row)
            cursor.execute("SHOW WARNINGS")
            for row in cursor.fetchall():
                print("WARNING", *row)


KEY = "FOREIGN KEY (shelf) REFERENCES shelf (id) ON UPDATE CASCADE ON DELETE SET NULL"
COLUMNS = "id int PRIMARY KEY, note int, shelf int, twice int AS (shelf * 2) VIRTUAL"
run(
    "CREATE DATABASE shop",
    "USE shop",
    "CREATE TABLE shelf (id int PRIMARY KEY)",
    f"CREATE TABLE plain (shelf int, {KEY}, CONSTRAINT small CHECK (shelf < 50))",
    f"CREATE TABLE checked ({COLUMNS}, {KEY}, CONSTRAINT small CHECK (twice < 100), CONSTRAINT known CHECK (twice IS NOT NULL))",
    f"CREATE TABLE required ({COLUMNS} NOT NULL, {KEY})",
    "INSERT INTO shelf VALUES (1), (2)",
)
for table in "checked", "required":
    run(f"INSERT INTO {table} (id, shelf) VALUES (1, 1), (2, 2)", f"INSERT INTO {table} (id, shelf) VALUES (3, NULL)")
run("UPDATE shelf SET id = 90 WHERE id = 1", "DELETE FROM shelf WHERE id = 2")
for table in "checked", "required":
    print(table)
    run(
        f"SELECT * FROM {table} ORDER BY id",
        f"UPDATE {table} SET note = 1 WHERE id = 1",
        f"UPDATE {table} SET note = 1 WHERE id = 2",
        f"ALTER TABLE {table} ADD COLUMN place int, ALGORITHM=COPY",
    )
PYTHON

expected=$(cat <<'TEXT'
ERROR 3823 Column 'shelf' cannot be used in a check constraint 'small': needed in a foreign key constraint 'plain_ibfk_1' referential action. for CREATE TABLE plain
ERROR 3819 Check constraint 'known' is violated. for INSERT INTO checked
ERROR 1048 Column 'twice' cannot be null for INSERT INTO required
checked
1 None 90 180
2 None None None
ERROR 3819 Check constraint 'small' is violated. for UPDATE checked SET note = 1 WHERE id = 1
ERROR 3819 Check constraint 'known' is violated. for UPDATE checked SET note = 1 WHERE id = 2
ERROR 3819 Check constraint 'small' is violated. for ALTER TABLE checked ADD COLUMN place int, ALGORITHM=COPY
required
1 None 90 180
2 None None 0
ERROR 1048 Column 'twice' cannot be null for UPDATE required SET note = 1 WHERE id = 2
ERROR 1048 Column 'twice' cannot be null for ALTER TABLE required ADD COLUMN place int, ALGORITHM=COPY
TEXT
)

found=$("$tmp/venv/bin/python" "$tmp/look.py" "$tmp/socket" 2>&1) || true
echo "$found"
diff <(echo "$expected") <(echo "$found") >"$tmp/diff" || { echo "CHANGED:"; cat "$tmp/diff"; exit 1; }
