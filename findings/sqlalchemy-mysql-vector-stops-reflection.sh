#!/usr/bin/env bash
# SQLAlchemy: one VECTOR column of MySQL, and no table of the database can be reflected
#
# Version:   SQLAlchemy==2.1.9 with PyMySQL==1.2.4 on MySQL 9.7.4 (Debian 9.7.4-2)
# Behaviour: For a type that it does not know, reflection warns and goes on with NullType. It hands the length of
#            vector(3) to NullType too, which takes none: a TypeError. MetaData.reflect() then ends without any table,
#            the others of the database among them; a plain `vector` has a length as well, because MySQL fills it in.
# Output:    TypeError for vector(3) and for vector, a table without one is read, reflect() of the database is a TypeError
# Source:    run on that version
set -euo pipefail

cannot() { echo "cannot be run here: $*" >&2; exit 2; }

tmp=$(mktemp -d /tmp/finding-XXXXXX) server=
stop() { [ -z "$server" ] || { kill -KILL "$server" && wait "$server"; } 2>/dev/null || true; server=; }
trap 'stop; rm -rf "$tmp"' EXIT

python3 -m venv "$tmp/venv" || cannot "python3 has no venv"
"$tmp/venv/bin/pip" install -q SQLAlchemy==2.1.9 PyMySQL==1.2.4 >"$tmp/log" 2>&1 || cannot "pip: $(tail -n 1 "$tmp/log")"

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
import warnings

import pymysql
import sqlalchemy

warnings.simplefilter("ignore")
STATEMENTS = (
    "CREATE DATABASE shop",
    "CREATE TABLE shop.given (id int PRIMARY KEY, meaning vector(3))",
    "CREATE TABLE shop.plain (id int PRIMARY KEY, meaning vector)",
    "CREATE TABLE shop.without (id int PRIMARY KEY, place point)",
)

connection = pymysql.connect(unix_socket=sys.argv[1], user="root", autocommit=True)
with connection.cursor() as cursor:
    for statement in STATEMENTS:
        cursor.execute(statement)
connection.close()

engine = sqlalchemy.create_engine(f"mysql+pymysql://root@/shop?unix_socket={sys.argv[1]}")
for table in "given", "plain", "without":
    try:
        columns = sqlalchemy.inspect(engine).get_columns(table)
        print(table, *(f"{column['name']} {column['type']!r}" for column in columns))
    except TypeError as error:
        print(table, "TypeError:", error)
try:
    sqlalchemy.MetaData().reflect(engine)
except TypeError as error:
    print("all of it", "TypeError:", error)
PYTHON

expected=$(cat <<'TEXT'
given TypeError: NullType() takes no arguments
plain TypeError: NullType() takes no arguments
without id INTEGER() place NullType()
all of it TypeError: NullType() takes no arguments
TEXT
)

found=$("$tmp/venv/bin/python" "$tmp/look.py" "$tmp/socket" 2>&1) || true
echo "$found"
diff <(echo "$expected") <(echo "$found") >"$tmp/diff" || { echo "CHANGED:"; cat "$tmp/diff"; exit 1; }
