#!/usr/bin/env bash
# MySQL: whether a NULL stops NOT NULL or becomes the time of the change depends on what else the statement changes
#
# Version:   MySQL 9.7.4 (Debian 9.7.4-2)
# Behaviour: In strict mode, with explicit_defaults_for_timestamp on, MODIFY … timestamp NOT NULL is refused with error
#            1138 where a row is NULL: the change is made in place. With another clause that takes a copy of the table,
#            a change of type of another column for example, the same MODIFY fills the row with the current time: without a
#            warning, and not with the DEFAULT that it gives. So does a datetime that becomes a timestamp. A datetime
#            that stays one is refused either way. MariaDB 11.8.9 filled in the time in the first case as well.
# Output:    error 1138 for the change alone; no warning and a time for the same change beside another one, also with
#            DEFAULT '2020-01-01', and for datetime to timestamp; an error for datetime in either way
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


run("CREATE DATABASE shop", "USE shop", "SELECT @@sql_mode LIKE '%STRICT_TRANS_TABLES%', @@explicit_defaults_for_timestamp")
for type, change in (
    ("timestamp", "MODIFY sent timestamp NOT NULL"),
    ("timestamp", "MODIFY sent timestamp NOT NULL, MODIFY amount bigint"),
    ("timestamp", "MODIFY sent timestamp NOT NULL DEFAULT '2020-01-01', MODIFY amount bigint"),
    ("datetime", "MODIFY sent timestamp NOT NULL"),
    ("datetime", "MODIFY sent datetime NOT NULL"),
    ("datetime", "MODIFY sent datetime NOT NULL, MODIFY amount bigint"),
):
    print(f"{type} NULL:", change)
    run(
        f"CREATE TABLE parcel (amount int, sent {type} NULL)",
        "INSERT INTO parcel VALUES (1, NULL)",
        f"ALTER TABLE parcel {change}",
        "SHOW COUNT(*) WARNINGS",
        "SELECT CASE WHEN sent IS NULL THEN 'still NULL' WHEN sent > now() - INTERVAL 1 HOUR THEN 'the current time' "
        "ELSE sent END FROM parcel",
        "DROP TABLE parcel",
    )
PYTHON

expected=$(cat <<'TEXT'
1 1
timestamp NULL: MODIFY sent timestamp NOT NULL
ERROR 1138 for ALTER TABLE parcel MODIFY sent timestamp NOT NULL
1
still NULL
timestamp NULL: MODIFY sent timestamp NOT NULL, MODIFY amount bigint
0
the current time
timestamp NULL: MODIFY sent timestamp NOT NULL DEFAULT '2020-01-01', MODIFY amount bigint
0
the current time
datetime NULL: MODIFY sent timestamp NOT NULL
0
the current time
datetime NULL: MODIFY sent datetime NOT NULL
ERROR 1138 for ALTER TABLE parcel MODIFY sent datetime NOT NULL
1
still NULL
datetime NULL: MODIFY sent datetime NOT NULL, MODIFY amount bigint
ERROR 1265 for ALTER TABLE parcel MODIFY sent datetime NOT NULL, MODIFY amount bigint
1
still NULL
TEXT
)

found=$("$tmp/venv/bin/python" "$tmp/look.py" "$tmp/socket" 2>&1) || true
echo "$found"
diff <(echo "$expected") <(echo "$found") >"$tmp/diff" || { echo "CHANGED:"; cat "$tmp/diff"; exit 1; }
