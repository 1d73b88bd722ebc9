#!/usr/bin/env bash
# MySQL: a letter beside a column of another character set in a generated column is a question mark in SHOW CREATE TABLE, and in its copy
#
# Version:   MySQL 9.7.4 (Debian 9.7.4-2)
# Behaviour: A literal of a generated column is kept in the character set of the session that wrote it. Beside a column of
#            another one it is turned into bytes of that: in SHOW CREATE TABLE at once, which prints '?' for them, and
#            in information_schema from the next ALTER TABLE on, whatever it is about, as if they were Latin-1. The
#            column has the right values all the time; a table that is made from the printed text has others.
# Output:    the printed expression; that of the catalog after an ALTER TABLE that adds a column; the values, and a copy's
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
                print("ERROR", error.args[0], "for", statement)
                continue
            for row in cursor.fetchall():
                print(*row)


run("CREATE DATABASE shop", "USE shop", "SET NAMES utf8mb4")
run(
    "CREATE TABLE a (x varchar(9) CHARACTER SET cp1251, g varchar(9) AS (concat(x, 'Д')))",
    "INSERT INTO a (x) VALUES ('x')",
)


def shown(statement, column):
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchone()[column]


def text():
    return next(line for line in shown("SHOW CREATE TABLE a", 1).splitlines() if "`g`" in line).partition("AS ")[2]


CATALOG = "SELECT generation_expression FROM information_schema.columns WHERE table_schema = 'shop' AND column_name = 'g'"
print(text())
run("ALTER TABLE a ADD COLUMN other int")
print(shown(CATALOG, 0))
script = shown("SHOW CREATE TABLE a", 1)
print(shown("SELECT g FROM a", 0))
run("DROP TABLE a", script, "INSERT INTO a (x) VALUES ('x')", "SELECT g FROM a")
PYTHON

expected=$(cat <<'TEXT'
(concat(`x`,_cp1251'?')) VIRTUAL
concat(`x`,_cp1251\'Ä\')
xД
x?
TEXT
)

found=$("$tmp/venv/bin/python" "$tmp/look.py" "$tmp/socket" 2>&1) || true
echo "$found"
diff <(echo "$expected") <(echo "$found") >"$tmp/diff" || { echo "CHANGED:"; cat "$tmp/diff"; exit 1; }
