#!/usr/bin/env bash
# MariaDB: in sql_mode ANSI, SHOW CREATE TABLE and so mariadb-dump --compatible=ansi leave AUTO_INCREMENT, INVISIBLE, IGNORED and the character set out
#
# Version:   MariaDB 11.8.9 (Debian 1:11.8.9+ds-0+deb13u1), PyMySQL==1.2.4
# Behaviour: ANSI stands for ANSI_QUOTES and some more, and ANSI_QUOTES changes nothing but the quotes. Under ANSI the
#            words that are MariaDB's own are left out, among them such as say what a row means: the key numbers no row,
#            a hidden column is seen, the character set of the table and the comment of an index are gone, while those of
#            a column stay. Under ORACLE, ON UPDATE is gone as well. The text is read in the same mode without an error.
# Output:    the statement in four modes; the table that the text of ANSI makes, and an INSERT into both
# Source:    run on that version
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


def run(statement):
    with connection.cursor() as cursor:
        try:
            cursor.execute(statement)
        except pymysql.MySQLError as error:
            return [("ERROR", *error.args)]
        return cursor.fetchall()


run("CREATE DATABASE shop CHARACTER SET utf8mb4")
run("USE shop")
run("""
    CREATE TABLE item (
        id int AUTO_INCREMENT PRIMARY KEY, name varchar(9) COMMENT 'said', at timestamp NULL ON UPDATE now(),
        hidden int INVISIBLE, KEY by_name (name) COMMENT 'for the list' IGNORED
    ) CHARACTER SET latin1
""")
made = {}
for mode in ("ANSI_QUOTES", "ANSI", "ORACLE", ""):
    run(f"SET sql_mode = '{mode}'")
    [(_, made[mode])] = run("SHOW CREATE TABLE item")
    print(mode or "no mode")
    print(made[mode].partition("\n")[2] if mode else "as ANSI_QUOTES: " + str(made[mode].replace("`", '"') == made["ANSI_QUOTES"]))
run("SET sql_mode = 'ANSI,STRICT_TRANS_TABLES'")
run(made["ANSI"].replace('"item"', '"copy"', 1))
for table in ("item", "copy"):
    print(table, run(f"INSERT INTO {table} (name) VALUES ('a')") or "takes it", run(f"SELECT * FROM {table}"))
PYTHON

expected=$(cat <<'TEXT'
ANSI_QUOTES
  "id" int(11) NOT NULL AUTO_INCREMENT,
  "name" varchar(9) DEFAULT NULL COMMENT 'said',
  "at" timestamp NULL DEFAULT NULL ON UPDATE current_timestamp(),
  "hidden" int(11) DEFAULT NULL INVISIBLE,
  PRIMARY KEY ("id"),
  KEY "by_name" ("name") COMMENT 'for the list' IGNORED
) ENGINE=InnoDB DEFAULT CHARSET=latin1 COLLATE=latin1_swedish_ci
ANSI
  "id" int(11) NOT NULL,
  "name" varchar(9) DEFAULT NULL COMMENT 'said',
  "at" timestamp NULL DEFAULT NULL ON UPDATE current_timestamp(),
  "hidden" int(11) DEFAULT NULL,
  PRIMARY KEY ("id"),
  KEY "by_name" ("name")
)
ORACLE
  "id" int(11) NOT NULL,
  "name" varchar(9) DEFAULT NULL COMMENT 'said',
  "at" timestamp NULL DEFAULT NULL,
  "hidden" int(11) DEFAULT NULL,
  PRIMARY KEY ("id"),
  KEY "by_name" ("name")
)
no mode
as ANSI_QUOTES: True
item takes it ((1, 'a', None),)
copy [('ERROR', 1364, "Field 'id' doesn't have a default value")] ()
TEXT
)
found=$("$tmp/venv/bin/python" "$tmp/look.py" "$tmp/socket" 2>&1) || true
echo "$found"
diff <(echo "$expected") <(echo "$found") >"$tmp/diff" || { echo "CHANGED:"; cat "$tmp/diff"; exit 1; }
