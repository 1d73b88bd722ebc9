#!/usr/bin/env bash
# sqlite3-to-mysql: numbers lose their fraction and times their microseconds, and a unique index on some rows is one on all, or none
#
# Version:   sqlite3-to-mysql==2.6.1 on MariaDB 11.8.9 (Debian 1:11.8.9+ds-0+deb13u1), with the SQLite that Python
#            brings
# Behaviour: A column NUMERIC becomes bigint, a DECIMAL without digits decimal(10,0), a DATETIME one without a fraction
#            of seconds: the rows are rounded on the way, without a message. The WHERE of a partial index is left out: a
#            unique one is dropped with a warning where the rows do not fit, and refuses later rows where they do. The
#            exit code is 0. CHECK and COLLATE NOCASE go too.
# Output:    the numbers and the times before and after; a warning in place of the index
# Source:    run on that version
set -euo pipefail

cannot() { echo "cannot be run here: $*" >&2; exit 2; }

tmp=$(mktemp -d /tmp/finding-XXXXXX) server=
stop() { [ -z "$server" ] || { kill -KILL "$server" && wait "$server"; } 2>/dev/null || true; server=; }
trap 'stop; rm -rf "$tmp"' EXIT

python3 -m venv "$tmp/venv" || cannot "python3 has no venv"
"$tmp/venv/bin/pip" install -q sqlite3-to-mysql==2.6.1 PyMySQL==1.2.4 >"$tmp/log" 2>&1 || cannot "pip: $(tail -n 1 "$tmp/log")"

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
import sqlite3
import subprocess
import sys
from pathlib import Path

import pymysql

source = Path(sys.argv[1]).with_name("shop.db")
lite = sqlite3.connect(source)
lite.executescript(
    """
    CREATE TABLE item (id INTEGER PRIMARY KEY, weight NUMERIC, price DECIMAL, at DATETIME, code TEXT COLLATE NOCASE,
                       place INT CHECK (place > 0), gone BOOLEAN);
    CREATE UNIQUE INDEX one_at_a_place ON item (place) WHERE NOT gone;
    INSERT INTO item VALUES (1, 1.5, 19.95, '2026-01-01 23:59:59.999999', 'a', 1, 0);
    INSERT INTO item VALUES (2, 0.4, 0.49, '2026-01-01 00:00:00.4', 'b', 1, 1);
    """
)
rows = "SELECT weight, price, at, place, gone FROM item ORDER BY id"
for row in lite.execute(rows):
    print(*row)
lite.close()
program = Path(sys.executable).with_name("sqlite3mysql")
done = subprocess.run(
    [str(program), "-f", str(source), "-d", "shop", "-u", "root", "-k", sys.argv[1]], capture_output=True, text=True
)
print("exit code", done.returncode)
print(*(line[20:].strip() for line in done.stdout.splitlines() if "WARNING" in line or "ERROR" in line), sep="\n")
connection = pymysql.connect(unix_socket=sys.argv[1], user="root", database="shop")
with connection.cursor() as cursor:
    cursor.execute("SHOW CREATE TABLE item")
    print(*cursor.fetchone()[1].splitlines()[2:-1], sep="\n")
    cursor.execute(rows)
    for row in cursor.fetchall():
        print(*row)
PYTHON

expected=$(cat <<'TEXT'
1.5 19.95 2026-01-01 23:59:59.999999 1 0
0.4 0.49 2026-01-01 00:00:00.4 1 1
exit code 0
WARNING  Ignoring duplicate entry when adding index to column "place" in table item!
  `weight` bigint(19) DEFAULT NULL,
  `price` decimal(10,0) DEFAULT NULL,
  `at` datetime DEFAULT NULL,
  `code` text DEFAULT NULL,
  `place` int(11) DEFAULT NULL,
  `gone` tinyint(1) DEFAULT NULL,
  PRIMARY KEY (`id`)
2 20 2026-01-01 23:59:59 1 0
0 0 2026-01-01 00:00:00 1 1
TEXT
)

found=$("$tmp/venv/bin/python" "$tmp/look.py" "$tmp/socket" 2>&1) || true
echo "$found"
diff <(echo "$expected") <(echo "$found") >"$tmp/diff" || { echo "CHANGED:"; cat "$tmp/diff"; exit 1; }
