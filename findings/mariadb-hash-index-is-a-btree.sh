#!/usr/bin/env bash
# MariaDB: an index USING HASH of InnoDB is HASH for SHOW CREATE TABLE, SHOW INDEX and information_schema, and a B-tree that finds ranges and an order
#
# Version:   MariaDB 11.8.9 (Debian 1:11.8.9+ds-0+deb13u1)
# Behaviour: InnoDB has no hash indexes. MySQL 9.7 says so in a note and prints BTREE; MariaDB keeps the word, says
#            HASH in every catalog, copies it with LIKE, and makes a B-tree: the plans of a range, of ORDER BY and of
#            an equality are those of the index without the word. A UNIQUE over a text of any length is called HASH as
#            well, and is one: no plan of a range takes it. The catalogs do not tell the two apart.
# Output:    the indexes by SHOW CREATE TABLE and STATISTICS; which key a range and an order use
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
for statement in (
    "CREATE DATABASE shop",
    "USE shop",
    "CREATE TABLE item (id int PRIMARY KEY, a int, b int, note text, KEY by_a (a) USING HASH, KEY by_b (b), UNIQUE KEY by_note (note))",
    "INSERT INTO item SELECT seq, seq, seq, seq FROM seq_1_to_1000",
    "CREATE TABLE copy LIKE item",
):
    cursor.execute(statement)
cursor.execute("SHOW CREATE TABLE copy")
print(*(line.strip() for line in cursor.fetchone()[1].splitlines() if "KEY" in line), sep="\n")
cursor.execute("SELECT index_name, index_type FROM information_schema.statistics WHERE table_name = 'item' ORDER BY 1")
print(*cursor.fetchall())
for query in (
    "SELECT a FROM item WHERE a BETWEEN 5 AND 6",
    "SELECT b FROM item WHERE b BETWEEN 5 AND 6",
    "SELECT note FROM item WHERE note BETWEEN '5' AND '55'",
    "SELECT a FROM item ORDER BY a LIMIT 1",
):
    cursor.execute(f"EXPLAIN {query}")
    _, _, _, kind, _, key, _, _, _, extra = cursor.fetchone()
    print(f"{query}: {kind} {key} {extra}")
PYTHON

expected=$(cat <<'TEXT'
PRIMARY KEY (`id`),
UNIQUE KEY `by_note` (`note`) USING HASH,
KEY `by_a` (`a`) USING HASH,
KEY `by_b` (`b`)
('by_a', 'HASH') ('by_b', 'BTREE') ('by_note', 'HASH') ('PRIMARY', 'BTREE')
SELECT a FROM item WHERE a BETWEEN 5 AND 6: range by_a Using where; Using index
SELECT b FROM item WHERE b BETWEEN 5 AND 6: range by_b Using where; Using index
SELECT note FROM item WHERE note BETWEEN '5' AND '55': ALL None Using where
SELECT a FROM item ORDER BY a LIMIT 1: index by_a Using index
TEXT
)

found=$("$tmp/venv/bin/python" "$tmp/look.py" "$tmp/socket" 2>&1) || true
echo "$found"
diff <(echo "$expected") <(echo "$found") >"$tmp/diff" || { echo "CHANGED:"; cat "$tmp/diff"; exit 1; }
