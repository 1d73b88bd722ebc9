#!/usr/bin/env bash
# MySQL: ALTER TABLE with NO_BACKSLASH_ESCAPES doubles the backslashes in the table's checks, which let in what they refused
#
# Version:   MySQL 9.7.4 (Debian 9.7.4-2)
# Behaviour: The text of a check is stored with escapes, and read again by the sql_mode of whoever alters the table. An
#            ALTER that has nothing to do with the check gives it another literal, without a word and without looking at
#            the rows. CREATE TABLE … LIKE does the same to the copy.
# Output:    the backslashes of the stored clause, and whether the one value that the check is there to refuse is refused,
#            before and after ALTER TABLE … ADD n int, by algorithm, with and without that mode; then for a copy
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


def run(statement, *values):
    with connection.cursor() as cursor:
        cursor.execute(statement, values or None)
        return cursor.fetchall()


def tell(what, table):
    clause = "SELECT check_clause FROM information_schema.check_constraints NATURAL JOIN information_schema.table_constraints WHERE table_schema = 'shop' AND table_name = %s"
    ((text,),) = run(clause, table)
    try:
        run(f"INSERT INTO {table} (a) VALUES (CHAR(92))")
        answer = "taken"
    except pymysql.MySQLError as error:
        answer = f"refused ({error.args[0]})"
    print(f"{what}: {text.count(chr(92)) - 2} backslashes, {answer}")


def session(more):
    run(f"SET sql_mode = CONCAT(@@GLOBAL.sql_mode, '{more}')")


run("CREATE DATABASE shop")
run("USE shop")
for algorithm in ("INSTANT", "INPLACE", "COPY"):
    for mode in ("", ",NO_BACKSLASH_ESCAPES"):
        run("DROP TABLE IF EXISTS t")
        session("")
        run(r"CREATE TABLE t (a varchar(10), CHECK (a <> '\\'))")
        if not mode and algorithm == "INSTANT":
            tell("new", "t")
        session(mode)
        run(f"ALTER TABLE t ADD n int, ALGORITHM = {algorithm}")
        session("")
        tell(f"{algorithm}{mode}", "t")
session(",NO_BACKSLASH_ESCAPES")
run("DROP TABLE t")
session("")
run(r"CREATE TABLE t (a varchar(10), CHECK (a <> '\\'))")
session(",NO_BACKSLASH_ESCAPES")
run("CREATE TABLE u LIKE t")
session("")
tell("LIKE,NO_BACKSLASH_ESCAPES", "u")
PYTHON

expected=$(cat <<'TEXT'
new: 4 backslashes, refused (3819)
INSTANT: 4 backslashes, refused (3819)
INSTANT,NO_BACKSLASH_ESCAPES: 8 backslashes, taken
INPLACE: 4 backslashes, refused (3819)
INPLACE,NO_BACKSLASH_ESCAPES: 8 backslashes, taken
COPY: 4 backslashes, refused (3819)
COPY,NO_BACKSLASH_ESCAPES: 8 backslashes, taken
LIKE,NO_BACKSLASH_ESCAPES: 8 backslashes, taken
TEXT
)

found=$("$tmp/venv/bin/python" "$tmp/look.py" "$tmp/socket" 2>&1) || true
echo "$found"
diff <(echo "$expected") <(echo "$found") >"$tmp/diff" || { echo "CHANGED:"; cat "$tmp/diff"; exit 1; }
