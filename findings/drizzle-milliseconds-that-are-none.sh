#!/usr/bin/env bash
# Drizzle: on MySQL, a timestamp with milliseconds has none where the default made it, and with onUpdateNow its table cannot be created
#
# Version:   drizzle-kit@0.31.11 with drizzle-orm@0.45.4 (npm), Node 20; MySQL 9.7.4 (Debian 9.7.4-2), PyMySQL==1.2.4
# Behaviour: defaultNow() and onUpdateNow() write now() and CURRENT_TIMESTAMP without the digits that timestamp(fsp) asks
#            for. The first makes whole seconds in a column of milliseconds, which nobody is told; the second is refused
#            by the server (1294), since both must have the same number of digits.
# Output:    the columns as drizzle-kit exports them, what the server says, and how many of twenty rows have milliseconds
# Source:    run on that version
set -euo pipefail

cannot() { echo "cannot be run here: $*" >&2; exit 2; }

tmp=$(mktemp -d /tmp/finding-XXXXXX) server=
stop() { [ -z "$server" ] || { kill -KILL "$server" && wait "$server"; } 2>/dev/null || true; server=; }
trap 'stop; rm -rf "$tmp"' EXIT

python3 -m venv "$tmp/venv" || cannot "python3 has no venv"
"$tmp/venv/bin/pip" install -q PyMySQL==1.2.4 >"$tmp/log" 2>&1 || cannot "pip: $(tail -n 1 "$tmp/log")"

command -v npm node >/dev/null || cannot "npm and node are needed"
(cd "$tmp" && npm install --silent --no-audit --no-fund --ignore-scripts drizzle-kit@0.31.11 drizzle-orm@0.45.4 mysql2@3.24.6 && npm rebuild --silent esbuild) >"$tmp/log" 2>&1 || cannot "npm: $(tail -n 1 "$tmp/log")"

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

cat >"$tmp/models.ts" <<'TEXT'
import { int, mysqlTable, timestamp } from "drizzle-orm/mysql-core";

export const made = mysqlTable("made", { id: int().primaryKey(), at: timestamp({ fsp: 3 }).defaultNow() });
export const changed = mysqlTable("changed", { id: int().primaryKey(), at: timestamp({ fsp: 3 }).defaultNow().onUpdateNow() });
TEXT

cat >"$tmp/look.py" <<'PYTHON'
import re
import sys
import time

import pymysql

connection = pymysql.connect(unix_socket=sys.argv[1], user="root", autocommit=True)


def run(statement):
    with connection.cursor() as cursor:
        try:
            cursor.execute(statement)
        except pymysql.MySQLError as error:
            return error.args
        return cursor.fetchall()


run("CREATE DATABASE shop")
run("USE shop")
for statement in sorted(re.findall(r"CREATE TABLE .*?;", sys.stdin.read(), re.DOTALL)):
    print(re.search(r"`at`.*", statement)[0], run(statement) or "taken")
for number in range(20):
    run(f"INSERT INTO made (id) VALUES ({number})")
    time.sleep(0.07)
print("with milliseconds:", run("SELECT count(*) FROM made WHERE microsecond(at) > 0")[0][0])
PYTHON

expected=$(cat <<'TEXT'
`at` timestamp(3) DEFAULT (now()) ON UPDATE CURRENT_TIMESTAMP, (1294, "Invalid ON UPDATE clause for 'at' column")
`at` timestamp(3) DEFAULT (now()), taken
with milliseconds: 0
TEXT
)
found=$(
  cd "$tmp"
  npx --no-install drizzle-kit export --dialect mysql --schema models.ts 2>&1 | "$tmp/venv/bin/python" look.py "$tmp/socket" 2>&1
) || true
echo "$found"
diff <(echo "$expected") <(echo "$found") >"$tmp/diff" || { echo "CHANGED:"; cat "$tmp/diff"; exit 1; }
