#!/usr/bin/env bash
# MariaDB: a CHECK in the text of a column is taken over rows that break it, which no UPDATE can touch from then on
#
# Version:   MariaDB 11.8.9 (Debian 1:11.8.9+ds-0+deb13u1)
# Behaviour: ADD CHECK reads the rows and refuses with error 4025. The same condition in MODIFY or ADD of a column is
#            taken without a look where the table is not copied: all rows may break it, there is no warning, and each
#            UPDATE of such a row fails, of any other column too. Where another clause makes it copy the table, this
#            is refused as well. MySQL 9.7.4 refuses all of them.
# Output:    two of seven changes are taken over a row that breaks them, and the UPDATE of its id fails; with
#            ALGORITHM=COPY, a change of type or ADD CHECK beside the column they are refused
# Source:    run on that version; MDEV-31008 has an added column
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



run("CREATE DATABASE shop", "USE shop", "SELECT @@check_constraint_checks, @@sql_mode LIKE '%STRICT_TRANS_TABLES%'")
for change in (
    "ADD CHECK (amount > 0)",
    "MODIFY amount int CHECK (amount > 0)",
    "MODIFY amount int CHECK (amount > 0), ALGORITHM=COPY",
    "MODIFY amount bigint CHECK (amount > 0)",
    "ADD price int DEFAULT 0 CHECK (price > 0)",
    "ADD price int DEFAULT 0 CHECK (price > 0), ALGORITHM=COPY",
    "ADD price int DEFAULT 0, ADD CHECK (price > 0)",
):
    print(change)
    run(
        "CREATE TABLE item (id int, amount int)",
        "INSERT INTO item VALUES (1, -5)",
        f"ALTER TABLE item {change}",
        "SHOW COUNT(*) WARNINGS",
        "SELECT 'stored:', check_clause FROM information_schema.check_constraints WHERE constraint_schema = 'shop'",
        "SELECT * FROM item",
        "UPDATE item SET id = 2",
        "DROP TABLE item",
    )
PYTHON

expected=$(cat <<'TEXT'
1 1
ADD CHECK (amount > 0)
ERROR 4025 for ALTER TABLE item ADD CHECK (amount > 0)
1
1 -5
MODIFY amount int CHECK (amount > 0)
0
stored: `amount` > 0
1 -5
ERROR 4025 for UPDATE item SET id = 2
MODIFY amount int CHECK (amount > 0), ALGORITHM=COPY
ERROR 4025 for ALTER TABLE item MODIFY amount int CHECK (amount > 0), ALGORITHM=COPY
1
1 -5
MODIFY amount bigint CHECK (amount > 0)
ERROR 4025 for ALTER TABLE item MODIFY amount bigint CHECK (amount > 0)
1
1 -5
ADD price int DEFAULT 0 CHECK (price > 0)
0
stored: `price` > 0
1 -5 0
ERROR 4025 for UPDATE item SET id = 2
ADD price int DEFAULT 0 CHECK (price > 0), ALGORITHM=COPY
ERROR 4025 for ALTER TABLE item ADD price int DEFAULT 0 CHECK (price > 0), ALGORITHM=COPY
1
1 -5
ADD price int DEFAULT 0, ADD CHECK (price > 0)
ERROR 4025 for ALTER TABLE item ADD price int DEFAULT 0, ADD CHECK (price > 0)
1
1 -5
TEXT
)

found=$("$tmp/venv/bin/python" "$tmp/look.py" "$tmp/socket" 2>&1) || true
echo "$found"
diff <(echo "$expected") <(echo "$found") >"$tmp/diff" || { echo "CHANGED:"; cat "$tmp/diff"; exit 1; }
