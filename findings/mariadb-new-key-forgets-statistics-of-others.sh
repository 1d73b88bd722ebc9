#!/usr/bin/env bash
# MariaDB: a new primary key takes a part of the statistics of all other indexes away
#
# Version:   MariaDB 11.8.9 (Debian 1:11.8.9+ds-0+deb13u1), PyMySQL==1.2.4
# Behaviour: mysql.index_stats has a row for each prefix of an index, those counted that end with the columns of the
#            primary key. DROP PRIMARY KEY, ADD PRIMARY KEY with one column more deletes these of all other indexes, also
#            where the old key's column still stands first, and keeps the shorter ones. ANALYZE TABLE of the new key alone
#            leaves them away. The same key dropped and added again takes nothing away, not even its own.
# Output:    index and length of each prefix that is counted: before, after each change, after ANALYZE TABLE
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
cursor = connection.cursor()


def execute(statement):
    cursor.execute(statement)
    print(statement)
    cursor.execute("SELECT index_name, prefix_arity FROM mysql.index_stats WHERE db_name = 'shop' ORDER BY 1, 2")
    print(" ", *(f"{name}:{length}" for name, length in cursor.fetchall()))


cursor.execute("CREATE DATABASE shop")
cursor.execute("USE shop")
cursor.execute("CREATE TABLE item (id int NOT NULL, a int NOT NULL, b int, PRIMARY KEY (id), KEY k (b), KEY l (b, a))")
cursor.execute("INSERT INTO item SELECT seq, seq % 5, seq % 3 FROM seq_1_to_50")
execute("ANALYZE TABLE item PERSISTENT FOR ALL")
execute("ALTER TABLE item ADD KEY m (a)")
execute("ALTER TABLE item COMMENT 'x'")
execute("ALTER TABLE item DROP PRIMARY KEY, ADD PRIMARY KEY (id, a)")
execute("ANALYZE TABLE item PERSISTENT FOR COLUMNS () INDEXES (PRIMARY)")
execute("ANALYZE TABLE item PERSISTENT FOR ALL")
execute("ALTER TABLE item DROP PRIMARY KEY, ADD PRIMARY KEY (id, a)")
PYTHON

expected=$(cat <<'TEXT'
ANALYZE TABLE item PERSISTENT FOR ALL
  PRIMARY:1 k:1 k:2 l:1 l:2 l:3
ALTER TABLE item ADD KEY m (a)
  PRIMARY:1 k:1 k:2 l:1 l:2 l:3
ALTER TABLE item COMMENT 'x'
  PRIMARY:1 k:1 k:2 l:1 l:2 l:3
ALTER TABLE item DROP PRIMARY KEY, ADD PRIMARY KEY (id, a)
  k:1 l:1 l:2
ANALYZE TABLE item PERSISTENT FOR COLUMNS () INDEXES (PRIMARY)
  PRIMARY:1 PRIMARY:2 k:1 l:1 l:2
ANALYZE TABLE item PERSISTENT FOR ALL
  PRIMARY:1 PRIMARY:2 k:1 k:2 k:3 l:1 l:2 l:3 m:1 m:2
ALTER TABLE item DROP PRIMARY KEY, ADD PRIMARY KEY (id, a)
  PRIMARY:1 PRIMARY:2 k:1 k:2 k:3 l:1 l:2 l:3 m:1 m:2
TEXT
)

found=$("$tmp/venv/bin/python" "$tmp/look.py" "$tmp/socket" 2>&1) || true
echo "$found"
diff <(echo "$expected") <(echo "$found") >"$tmp/diff" || { echo "CHANGED:"; cat "$tmp/diff"; exit 1; }
