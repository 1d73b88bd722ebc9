#!/usr/bin/env bash
# Tortoise: on MySQL, a zone that is hours and a half west of Greenwich is set an hour too far west
#
# Version:   MySQL 9.7.4 (Debian 9.7.4-2), tortoise-orm==1.1.9, asyncmy==0.2.18
# Behaviour: Tortoise turns the offset of its timezone into hours and minutes for SET time_zone, the hours rounded
#            down and the minutes from the absolute value: -9:30 becomes -10:30. Whole hours, and half hours to the
#            east, are right. What the server dates itself (CURRENT_TIMESTAMP, TIMESTAMP columns as they are read) is
#            an hour off.
# Output:    Pacific/Marquesas, which is at -09:30 all year, gives `-10:30`; Asia/Kolkata `+05:30` and
#            Pacific/Honolulu `-10:00` are right
# Source:    run on that version; tortoise/backends/mysql/client.py, create_connection
set -euo pipefail

cannot() { echo "cannot be run here: $*" >&2; exit 2; }

tmp=$(mktemp -d /tmp/finding-XXXXXX) server=
stop() { [ -z "$server" ] || { kill -KILL "$server" && wait "$server"; } 2>/dev/null || true; server=; }
trap 'stop; rm -rf "$tmp"' EXIT

python3 -m venv "$tmp/venv" || cannot "python3 has no venv"
"$tmp/venv/bin/pip" install -q tortoise-orm==1.1.9 asyncmy==0.2.18 >"$tmp/log" 2>&1 || cannot "pip: $(tail -n 1 "$tmp/log")"

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
import asyncio
import sys
import warnings

from tortoise import Tortoise, connections

warnings.simplefilter("ignore")  # no model is needed


async def zones(zone):
    credentials = {"host": "", "port": 0, "user": "root", "password": "", "database": "mysql", "unix_socket": sys.argv[1]}
    await Tortoise.init(
        config={
            "connections": {"default": {"engine": "tortoise.backends.mysql", "credentials": credentials}},
            "apps": {"shop": {"models": ["__main__"]}},
            "use_tz": True,
            "timezone": zone,
        }
    )
    connection = connections.get("default")
    print(zone, (await connection.execute_query_dict("SELECT @@time_zone AS zone"))[0]["zone"])
    await Tortoise.close_connections()


for zone in "Pacific/Marquesas", "Pacific/Honolulu", "Asia/Kolkata":
    asyncio.run(zones(zone))
PYTHON

expected=$(cat <<'TEXT'
Pacific/Marquesas -10:30
Pacific/Honolulu -10:00
Asia/Kolkata +05:30
TEXT
)

found=$("$tmp/venv/bin/python" "$tmp/look.py" "$tmp/socket" 2>&1) || true
echo "$found"
diff <(echo "$expected") <(echo "$found") >"$tmp/diff" || { echo "CHANGED:"; cat "$tmp/diff"; exit 1; }
