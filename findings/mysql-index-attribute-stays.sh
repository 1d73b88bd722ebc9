#!/usr/bin/env bash
# MySQL: an index that is dropped and added in one ALTER TABLE with another SECONDARY_ENGINE_ATTRIBUTE keeps the old one
#
# Version:   MySQL 9.7.4 (Debian 9.7.4-2), PyMySQL==1.2.4
# Behaviour: Where DROP INDEX and ADD INDEX of one statement differ by the attribute alone, the server takes the two for
#            one index, says OK, and changes nothing: with another text, with an attribute where there was none, and with
#            none in place of one. With ALGORITHM=COPY, in two statements, or when the comment is another one as well,
#            the attribute is the new one. A comment alone, an order or a visibility counts.
# Output:    each statement, and the index in SHOW CREATE TABLE after it
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


def alter(*changes):
    for change in changes:
        cursor.execute(f"ALTER TABLE item {change}")
        print(change)
    cursor.execute("SHOW CREATE TABLE item")
    print(*("  " + line.strip() for line in cursor.fetchone()[1].splitlines() if "KEY `k`" in line))


def attribute(number):
    return f"SECONDARY_ENGINE_ATTRIBUTE '{{\"n\": {number}}}'"


cursor.execute("CREATE DATABASE shop")
cursor.execute("USE shop")
cursor.execute("CREATE TABLE item (a int, KEY k (a))")
alter(f"DROP INDEX k, ADD INDEX k (a) {attribute(1)}")
alter("DROP INDEX k", f"ADD INDEX k (a) {attribute(1)}")
alter(f"DROP INDEX k, ADD INDEX k (a) {attribute(2)}")
alter(f"DROP INDEX k, ADD INDEX k (a) {attribute(2)}, ALGORITHM=COPY")
alter("DROP INDEX k, ADD INDEX k (a)")
alter(f"DROP INDEX k, ADD INDEX k (a) {attribute(3)} COMMENT 'c'")
alter(f"DROP INDEX k, ADD INDEX k (a) {attribute(3)} COMMENT 'd'")
alter(f"DROP INDEX k, ADD INDEX k (a DESC) {attribute(4)} COMMENT 'd'")
PYTHON

expected=$(cat <<'TEXT'
DROP INDEX k, ADD INDEX k (a) SECONDARY_ENGINE_ATTRIBUTE '{"n": 1}'
  KEY `k` (`a`)
DROP INDEX k
ADD INDEX k (a) SECONDARY_ENGINE_ATTRIBUTE '{"n": 1}'
  KEY `k` (`a`) /*!80021 SECONDARY_ENGINE_ATTRIBUTE '{"n": 1}' */
DROP INDEX k, ADD INDEX k (a) SECONDARY_ENGINE_ATTRIBUTE '{"n": 2}'
  KEY `k` (`a`) /*!80021 SECONDARY_ENGINE_ATTRIBUTE '{"n": 1}' */
DROP INDEX k, ADD INDEX k (a) SECONDARY_ENGINE_ATTRIBUTE '{"n": 2}', ALGORITHM=COPY
  KEY `k` (`a`) /*!80021 SECONDARY_ENGINE_ATTRIBUTE '{"n": 2}' */
DROP INDEX k, ADD INDEX k (a)
  KEY `k` (`a`) /*!80021 SECONDARY_ENGINE_ATTRIBUTE '{"n": 2}' */
DROP INDEX k, ADD INDEX k (a) SECONDARY_ENGINE_ATTRIBUTE '{"n": 3}' COMMENT 'c'
  KEY `k` (`a`) COMMENT 'c' /*!80021 SECONDARY_ENGINE_ATTRIBUTE '{"n": 3}' */
DROP INDEX k, ADD INDEX k (a) SECONDARY_ENGINE_ATTRIBUTE '{"n": 3}' COMMENT 'd'
  KEY `k` (`a`) COMMENT 'd' /*!80021 SECONDARY_ENGINE_ATTRIBUTE '{"n": 3}' */
DROP INDEX k, ADD INDEX k (a DESC) SECONDARY_ENGINE_ATTRIBUTE '{"n": 4}' COMMENT 'd'
  KEY `k` (`a` DESC) COMMENT 'd' /*!80021 SECONDARY_ENGINE_ATTRIBUTE '{"n": 4}' */
TEXT
)

found=$("$tmp/venv/bin/python" "$tmp/look.py" "$tmp/socket" 2>&1) || true
echo "$found"
diff <(echo "$expected") <(echo "$found") >"$tmp/diff" || { echo "CHANGED:"; cat "$tmp/diff"; exit 1; }
