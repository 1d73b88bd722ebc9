#!/usr/bin/env bash
# Skeema: a system-versioned table of MariaDB is not there: init writes no file for it, diff finds no change, and push creates it once more
#
# Version:   Skeema 1.12.3 (Debian skeema 1.12.3+ds-2+b2) with MariaDB 11.8.9 (Debian 1:11.8.9+ds-0+deb13u1)
# Behaviour: information_schema calls such a table SYSTEM VERSIONED, not BASE TABLE. skeema init writes the other
#            tables; its own statement in a file is "unsupported or unparseable", so a new column of it is no difference
#            and diff ends with 0. A file with the same table without versioning, or another table of its name, is
#            CREATE TABLE, which fails with 1050. A table that is changed to WITH SYSTEM VERSIONING in its file stays as
#            it is, without an error.
# Output:    the files that init writes; what diff and push say of a new column, of the table without versioning, and of
#            versioning for a plain one
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
plan=$(apt install -s --no-install-recommends "$package=$version" skeema=1.12.3+ds-2+b2) || cannot "Debian $suite has no $package $version any more"
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

sql() {
  "$tmp/venv/bin/python" - "$tmp/socket" "$@" <<'PYTHON'
import sys

import pymysql

with pymysql.connect(unix_socket=sys.argv[1], user="root", autocommit=True).cursor() as cursor:
    for statement in sys.argv[2:]:
        cursor.execute(statement)
        for row in cursor.fetchall():
            print(*row)
PYTHON
}
skeema() {
  (cd "$tmp/shop" && HOME=$tmp "$tmp/root/usr/bin/skeema" "$@" 2>&1) | grep -o 'CREATE.*\|ALTER.*\|Ignoring.*\|No differences.*\|Error .*' |
    grep -v 'Full SQL' | sed 's# on localhost:[^ ]*##' | uniq || true
}
sql "CREATE DATABASE shop" "CREATE TABLE shop.plain (id int PRIMARY KEY)" \
  "CREATE TABLE shop.item (id int PRIMARY KEY, name varchar(20)) WITH SYSTEM VERSIONING"
mkdir "$tmp/shop"
(cd "$tmp" && HOME=$tmp "$tmp/root/usr/bin/skeema" init -h localhost -S "$tmp/socket" -u root --schema shop -d shop >log 2>&1) || cannot "skeema: $(tail -n 1 "$tmp/log")"

expected=$(cat <<'TEXT'
plain.sql
-- item has another column
Ignoring 1 unsupported or unparseable statements found in this directory's *.sql files; run `skeema lint` for more info
No differences found
-- item without versioning
CREATE TABLE `item` (
Error running SQL statement shop: Error 1050 (42S01): Table 'item' already exists
CREATE TABLE `item` (
-- plain with versioning
Ignoring 1 unsupported or unparseable statements found in this directory's *.sql files; run `skeema lint` for more info
No differences found
TEXT
)

found=$(
  (cd "$tmp/shop" && ls *.sql)
  echo "-- item has another column"
  echo "CREATE TABLE item (id int PRIMARY KEY, name varchar(20), code int) WITH SYSTEM VERSIONING;" >"$tmp/shop/item.sql"
  skeema diff
  echo "-- item without versioning"
  echo "CREATE TABLE item (id int PRIMARY KEY, name varchar(20));" >"$tmp/shop/item.sql"
  skeema push
  echo "-- plain with versioning"
  rm "$tmp/shop/item.sql"
  echo "CREATE TABLE plain (id int PRIMARY KEY) WITH SYSTEM VERSIONING;" >"$tmp/shop/plain.sql"
  skeema diff --allow-unsafe
) || true
echo "$found"
diff <(echo "$expected") <(echo "$found") >"$tmp/diff" || { echo "CHANGED:"; cat "$tmp/diff"; exit 1; }
