#!/usr/bin/env bash
# MySQL: information_schema cuts the default of a binary column at its first zero byte, so that different defaults look alike
#
# Version:   MySQL 9.7.4 (Debian 9.7.4-2), PyMySQL==1.2.4
# Behaviour: COLUMN_DEFAULT of a BINARY or VARBINARY column is the text 0x and the bytes in hex, up to the first byte
#            that is zero: DEFAULT x'00' and x'0041' are both 0x, x'410042' is 0x41. INSERT uses all bytes. SHOW FULL
#            COLUMNS and DESCRIBE say the same as information_schema, SHOW CREATE TABLE has the bytes, and MariaDB's
#            catalog as well. Whoever compares or copies tables by the catalog finds them equal, or writes another
#            default.
# Output:    of five columns the default by information_schema, by SHOW FULL COLUMNS and as INSERT stores it
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
cursor = connection.cursor()
cursor.execute("CREATE DATABASE shop")
cursor.execute("USE shop")
cursor.execute(
    "CREATE TABLE item (id int PRIMARY KEY, a varbinary(3) DEFAULT '', b varbinary(3) DEFAULT x'00', c varbinary(3) DEFAULT x'0041',"
    " d varbinary(3) DEFAULT x'410042', e binary(3) DEFAULT x'410042')"
)
cursor.execute("INSERT INTO item (id) VALUES (1)")
cursor.execute("SELECT column_name, column_default FROM information_schema.columns WHERE table_schema = 'shop' ORDER BY 1")
catalog = dict(cursor.fetchall())
cursor.execute("SHOW FULL COLUMNS FROM item")
shown = {row[0]: row[5] for row in cursor.fetchall()}
for name in "abcde":
    cursor.execute(f"SELECT hex({name}) FROM item")
    print(name, "catalog:", catalog[name], "SHOW:", shown[name], "stored:", cursor.fetchone()[0] or "nothing")
cursor.execute("SHOW CREATE TABLE item")
print(*(line.strip() for line in cursor.fetchone()[1].splitlines() if "binary" in line), sep="\n")
PYTHON

expected=$(cat <<'TEXT'
a catalog:  SHOW:  stored: nothing
b catalog: 0x SHOW: 0x stored: 00
c catalog: 0x SHOW: 0x stored: 0041
d catalog: 0x41 SHOW: 0x41 stored: 410042
e catalog: 0x41 SHOW: 0x41 stored: 410042
`a` varbinary(3) DEFAULT '',
`b` varbinary(3) DEFAULT '\0',
`c` varbinary(3) DEFAULT '\0A',
`d` varbinary(3) DEFAULT 'A\0B',
`e` binary(3) DEFAULT 'A\0B',
TEXT
)

found=$("$tmp/venv/bin/python" "$tmp/look.py" "$tmp/socket" 2>&1) || true
echo "$found"
diff <(echo "$expected") <(echo "$found") >"$tmp/diff" || { echo "CHANGED:"; cat "$tmp/diff"; exit 1; }
