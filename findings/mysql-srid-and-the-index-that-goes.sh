#!/usr/bin/env bash
# MySQL: the statement that drops a spatial index may not change its column's SRID, while the one that adds the index may
#
# Version:   MySQL 9.7.4 (Debian 9.7.4-2)
# Behaviour: ALTER TABLE … DROP INDEX, MODIFY … with another SRID is refused with the advice to remove the index first (3644), though
#            the statement does so; its other half, MODIFY … SRID 0, ADD SPATIAL INDEX, is taken, and so is the same pair for an
#            ordinary index and a type. SRID 0 is no SRID for SHOW CREATE TABLE's reader, but another column: it refuses a
#            point of 4326 (3643), which a column without SRID takes, and going from the one to the other counts as a change.
# Output:    3644 twice, 3643 once; information_schema has 0 and NULL
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


run("CREATE DATABASE shop", "USE shop")
run(
    "CREATE TABLE site (a point NOT NULL SRID 4326, b point NOT NULL SRID 0, c point NOT NULL, n int, SPATIAL KEY a (a), SPATIAL KEY b (b), KEY n (n))",
    "INSERT INTO site VALUES (ST_SRID(POINT(1, 2), 4326), POINT(1, 2), ST_SRID(POINT(1, 2), 4326), 1)",
    "INSERT INTO site VALUES (ST_SRID(POINT(1, 2), 4326), ST_SRID(POINT(1, 2), 4326), POINT(1, 2), 2)",
    "SELECT column_name, srs_id FROM information_schema.columns WHERE table_schema = 'shop' AND data_type = 'point' ORDER BY 1",
    "ALTER TABLE site DROP INDEX n, MODIFY n bigint",
    "ALTER TABLE site DROP INDEX a, MODIFY a point NOT NULL",
    "ALTER TABLE site DROP INDEX b, MODIFY b point NOT NULL",
    "ALTER TABLE site DROP INDEX a",
    "ALTER TABLE site MODIFY a point NOT NULL",
    "ALTER TABLE site MODIFY c point NOT NULL SRID 4326, ADD SPATIAL INDEX c (c)",
    "SELECT column_name, srs_id FROM information_schema.columns WHERE table_schema = 'shop' AND data_type = 'point' ORDER BY 1",
)
PYTHON

expected=$(cat <<'TEXT'
ERROR 3643 for INSERT INTO site VALUES (ST_SRID(POINT(1, 2), 4326), ST_SRID(POINT(1, 2), 4326), POINT(1, 2), 2)
a 4326
b 0
c None
ERROR 3644 for ALTER TABLE site DROP INDEX a, MODIFY a point NOT NULL
ERROR 3644 for ALTER TABLE site DROP INDEX b, MODIFY b point NOT NULL
a None
b 0
c 4326
TEXT
)

found=$("$tmp/venv/bin/python" "$tmp/look.py" "$tmp/socket" 2>&1) || true
echo "$found"
diff <(echo "$expected") <(echo "$found") >"$tmp/diff" || { echo "CHANGED:"; cat "$tmp/diff"; exit 1; }
