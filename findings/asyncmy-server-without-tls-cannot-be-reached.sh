#!/usr/bin/env bash
# asyncmy: a server without TLS is reported as one that cannot be reached, with a reason that changes
#
# Version:   asyncmy==0.2.18 and PyMySQL==1.2.4, which it comes from, with MySQL 9.7.4 (Debian 9.7.4-2)
# Behaviour: Asked for a connection with ssl, asyncmy begins TLS whatever the server's greeting offers. Where the server has
#            none, the error is 2003 "Can't connect", which a server that is not there has too: what waits for a server to
#            come up waits for one that is up. The reason behind it is "Broken pipe" or OpenSSL's "wrong version
#            number" by chance (162 and 38 of 200 attempts). PyMySQL says 2026, that the server doesn't support it.
#            Without ssl both connect.
# Output:    the error codes of both drivers: without ssl, with ssl, and with a socket that is not there
# Source:    run on that version
set -euo pipefail

cannot() { echo "cannot be run here: $*" >&2; exit 2; }

tmp=$(mktemp -d /tmp/finding-XXXXXX) server=
stop() { [ -z "$server" ] || { kill -KILL "$server" && wait "$server"; } 2>/dev/null || true; server=; }
trap 'stop; rm -rf "$tmp"' EXIT

python3 -m venv "$tmp/venv" || cannot "python3 has no venv"
"$tmp/venv/bin/pip" install -q PyMySQL==1.2.4 asyncmy==0.2.18 >"$tmp/log" 2>&1 || cannot "pip: $(tail -n 1 "$tmp/log")"

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
"${run[@]}" --socket="$tmp/socket" --pid-file="$tmp/pid" --skip-networking --tls-version= >"$tmp/log" 2>&1 & server=$!
for _ in $(seq 300); do [ -S "$tmp/socket" ] && break; sleep 0.1; done
[ -S "$tmp/socket" ] || cannot "server: $(tail -n 1 "$tmp/log")"

cat >"$tmp/look.py" <<'PYTHON'
import asyncio
import ssl
import sys

import asyncmy
import pymysql

SOCKETS = {"a server without TLS": sys.argv[1], "no server": sys.argv[1] + "-none"}


def said(error):
    return f"{type(error).__name__} {error.args[0]}"


async def with_asyncmy(options):
    connection = await asyncmy.connect(user="root", password="", **options)
    await connection.ensure_closed()


async def with_pymysql(options):
    pymysql.connect(user="root", password="", **options).close()


async def main():
    for connect in with_asyncmy, with_pymysql:
        for name, socket in SOCKETS.items():
            for wanted in {}, {"ssl": ssl.create_default_context()}:
                try:
                    await connect({"unix_socket": socket, **wanted})
                    result = "connected"
                except (asyncmy.errors.MySQLError, pymysql.MySQLError) as error:
                    result = said(error)
                print(f"{connect.__name__[5:]}, {name}, {'ssl' if wanted else 'no ssl'}: {result}")


asyncio.run(main())
PYTHON

expected=$(cat <<'TEXT'
asyncmy, a server without TLS, no ssl: connected
asyncmy, a server without TLS, ssl: OperationalError 2003
asyncmy, no server, no ssl: OperationalError 2003
asyncmy, no server, ssl: OperationalError 2003
pymysql, a server without TLS, no ssl: connected
pymysql, a server without TLS, ssl: OperationalError 2026
pymysql, no server, no ssl: OperationalError 2003
pymysql, no server, ssl: OperationalError 2003
TEXT
)

found=$("$tmp/venv/bin/python" "$tmp/look.py" "$tmp/socket" 2>&1) || true
echo "$found"
diff <(echo "$expected") <(echo "$found") >"$tmp/diff" || { echo "CHANGED:"; cat "$tmp/diff"; exit 1; }
