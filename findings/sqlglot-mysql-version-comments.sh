#!/usr/bin/env bash
# sqlglot: the version comments of MySQL's own DDL come back with a space, and what they say is gone
#
# Version:   sqlglot==30.30.0 with PyMySQL==1.2.4 on MySQL 9.7.4 (Debian 9.7.4-2)
# Behaviour: SHOW CREATE TABLE wraps what older servers do not know in /*!80016 … */, which the server executes. Read and
#            written as MySQL by sqlglot it is /* !80016 … */, a comment. A CHECK that is NOT ENFORCED is enforced then,
#            an invisible column wants a value in INSERT, a hidden index is used again, and a table has no partitions. Nothing
#            warns: the statement is valid.
# Output:    of four tables what the server says of the table that was made by SHOW CREATE TABLE as sqlglot writes it
# Source:    run on that version
set -euo pipefail

cannot() { echo "cannot be run here: $*" >&2; exit 2; }

tmp=$(mktemp -d /tmp/finding-XXXXXX) server=
stop() { [ -z "$server" ] || { kill -KILL "$server" && wait "$server"; } 2>/dev/null || true; server=; }
trap 'stop; rm -rf "$tmp"' EXIT

python3 -m venv "$tmp/venv" || cannot "python3 has no venv"
"$tmp/venv/bin/pip" install -q sqlglot==30.30.0 PyMySQL==1.2.4 >"$tmp/log" 2>&1 || cannot "pip: $(tail -n 1 "$tmp/log")"

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
import sqlglot

connection = pymysql.connect(unix_socket=sys.argv[1], user="root", autocommit=True)
cursor = connection.cursor()


def answers(query):
    try:
        cursor.execute(query)
    except pymysql.MySQLError as error:
        return error.args[0]
    return [row if len(row) > 1 else row[0] for row in cursor.fetchall()]


def look(definition, query):
    cursor.execute(f"CREATE TABLE item {definition}")
    before = answers(query)
    cursor.execute("SHOW CREATE TABLE item")
    (text,) = sqlglot.transpile(cursor.fetchone()[1], read="mysql", write="mysql")
    cursor.execute("DROP TABLE item")
    cursor.execute(text)
    print(definition, f"  {query}: {before} -> {answers(query)}", sep="\n")
    cursor.execute("DROP TABLE item")


OF_ITEM = "WHERE table_schema = 'shop' AND table_name = 'item'"
cursor.execute("CREATE DATABASE shop")
cursor.execute("USE shop")
look("(a int, CHECK (a > 0) NOT ENFORCED)", "INSERT INTO item VALUES (-1)")
look("(a int, b int INVISIBLE)", "INSERT INTO item VALUES (1)")
look("(a int, KEY k (a) INVISIBLE)", f"SELECT is_visible FROM information_schema.statistics {OF_ITEM}")
look("(a int) PARTITION BY HASH (a) PARTITIONS 4", f"SELECT count(partition_name) FROM information_schema.partitions {OF_ITEM}")
PYTHON

expected=$(cat <<'TEXT'
(a int, CHECK (a > 0) NOT ENFORCED)
  INSERT INTO item VALUES (-1): [] -> 3819
(a int, b int INVISIBLE)
  INSERT INTO item VALUES (1): [] -> 1136
(a int, KEY k (a) INVISIBLE)
  SELECT is_visible FROM information_schema.statistics WHERE table_schema = 'shop' AND table_name = 'item': ['NO'] -> ['YES']
(a int) PARTITION BY HASH (a) PARTITIONS 4
  SELECT count(partition_name) FROM information_schema.partitions WHERE table_schema = 'shop' AND table_name = 'item': [4] -> [0]
TEXT
)

found=$("$tmp/venv/bin/python" "$tmp/look.py" "$tmp/socket" 2>&1) || true
echo "$found"
diff <(echo "$expected") <(echo "$found") >"$tmp/diff" || { echo "CHANGED:"; cat "$tmp/diff"; exit 1; }
