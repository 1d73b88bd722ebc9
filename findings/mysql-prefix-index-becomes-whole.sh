#!/usr/bin/env bash
# MySQL and MariaDB: a unique index over a prefix becomes one over the whole column when the column is narrowed to the prefix and widened again
#
# Version:   MySQL 9.7.4 (Debian 9.7.4-2); MariaDB 11.8.9 does the same
# Behaviour: UNIQUE (code(4)) of a varchar(8) is printed as UNIQUE (code) once the column is a varchar(4), since the
#            prefix is all of it; the length is forgotten, not hidden. MODIFY back to varchar(8) makes an index over
#            eight characters, which takes what the first one refused. The change and its way back name no index. A
#            text column that is made a varchar(4) and text again is refused instead, for its key has no length (1170).
# Output:    the index and what INSERT says before, between and after; the error for text
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
                print("  ERROR", *error.args)


def look(what):
    with connection.cursor() as cursor:
        cursor.execute("SHOW CREATE TABLE item")
        [line] = [line.strip() for line in cursor.fetchone()[1].splitlines() if "KEY" in line]
        print(f"{what}: {line}")


run("CREATE DATABASE shop", "USE shop", "CREATE TABLE item (code varchar(8), UNIQUE KEY by_code (code(4)))")
look("varchar(8)")
run("INSERT INTO item VALUES ('abcd1'), ('abcd2')")
run("ALTER TABLE item MODIFY code varchar(4)")
look("varchar(4)")
run("ALTER TABLE item MODIFY code varchar(8)")
look("varchar(8)")
run("INSERT INTO item VALUES ('abcd1'), ('abcd2')")
with connection.cursor() as cursor:
    print(cursor.execute("SELECT * FROM item"), "rows")
run("DROP TABLE item", "CREATE TABLE item (code text, UNIQUE KEY by_code (code(4)))", "ALTER TABLE item MODIFY code varchar(4)")
look("text to varchar(4)")
run("ALTER TABLE item MODIFY code text")
PYTHON

expected=$(cat <<'TEXT'
varchar(8): UNIQUE KEY `by_code` (`code`(4))
  ERROR 1062 Duplicate entry 'abcd' for key 'item.by_code'
varchar(4): UNIQUE KEY `by_code` (`code`)
varchar(8): UNIQUE KEY `by_code` (`code`)
2 rows
text to varchar(4): UNIQUE KEY `by_code` (`code`)
  ERROR 1170 BLOB/TEXT column 'code' used in key specification without a key length
TEXT
)

found=$("$tmp/venv/bin/python" "$tmp/look.py" "$tmp/socket" 2>&1) || true
echo "$found"
diff <(echo "$expected") <(echo "$found") >"$tmp/diff" || { echo "CHANGED:"; cat "$tmp/diff"; exit 1; }
