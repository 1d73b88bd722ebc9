#!/usr/bin/env bash
# pglast: NULLS NOT DISTINCT of an index is written behind WITH and WHERE, where PostgreSQL does not read it
#
# Version:   pglast 8.8 (PyPI; the grammar of PostgreSQL 18)
# Behaviour: Every printer of pglast (pgpp, prettify, RawStream, IndentedStream) writes the words last. Without WITH,
#            TABLESPACE or WHERE that is right; with one of them its own parser refuses the text. AT TIME ZONE, AT
#            LOCAL, OVERLAPS and IS NORMALIZED come back as the functions behind them in pg_catalog, which is the same
#            index, but is shown by \d as another expression.
# Output:    statements, what is printed of each, and whether it is read again
# Source:    run on that version
set -euo pipefail

cannot() { echo "cannot be run here: $*" >&2; exit 2; }

tmp=$(mktemp -d /tmp/finding-XXXXXX)
trap 'rm -rf "$tmp"' EXIT

python3 -m venv "$tmp/venv" || cannot "python3 has no venv"
"$tmp/venv/bin/pip" install -q pglast==8.8 >"$tmp/log" 2>&1 || cannot "pip: $(tail -n 1 "$tmp/log")"

cat >"$tmp/look.py" <<'PYTHON'
from pglast import get_postgresql_version, parse_sql, prettify
from pglast.parser import ParseError
from pglast.stream import RawStream

print("PostgreSQL", get_postgresql_version()[0])
INDEX = "CREATE UNIQUE INDEX i ON t (a) INCLUDE (b) NULLS NOT DISTINCT"
for sql in (
    INDEX,
    f"{INDEX} WHERE a > 1",
    f"{INDEX} WITH (fillfactor = 70)",
    f"{INDEX} TABLESPACE fast",
    "ALTER TABLE t ADD UNIQUE NULLS NOT DISTINCT (a) WITH (fillfactor = 70)",
    "CREATE INDEX i ON t ((a AT TIME ZONE 'utc'))",
    "CREATE TABLE t (a text CHECK (a IS NOT NFC NORMALIZED))",
):
    print(sql)
    for written in (RawStream()(parse_sql(sql)), " ".join(prettify(sql, safety_belt=False).split())):
        try:
            parse_sql(written)
            print("  reads: ", written)
        except ParseError as error:
            print("  refuses:", written, "--", error.args[0])
PYTHON

expected=$(cat <<'TEXT'
PostgreSQL 18
CREATE UNIQUE INDEX i ON t (a) INCLUDE (b) NULLS NOT DISTINCT
  reads:  CREATE UNIQUE INDEX i ON t (a) INCLUDE (b) NULLS NOT DISTINCT
  reads:  CREATE UNIQUE INDEX i ON t (a) INCLUDE (b) NULLS NOT DISTINCT
CREATE UNIQUE INDEX i ON t (a) INCLUDE (b) NULLS NOT DISTINCT WHERE a > 1
  refuses: CREATE UNIQUE INDEX i ON t (a) INCLUDE (b) WHERE a > 1 NULLS NOT DISTINCT -- syntax error at or near "NULLS"
  refuses: CREATE UNIQUE INDEX i ON t (a) INCLUDE (b) WHERE a > 1 NULLS NOT DISTINCT -- syntax error at or near "NULLS"
CREATE UNIQUE INDEX i ON t (a) INCLUDE (b) NULLS NOT DISTINCT WITH (fillfactor = 70)
  refuses: CREATE UNIQUE INDEX i ON t (a) INCLUDE (b) WITH (fillfactor = 70) NULLS NOT DISTINCT -- syntax error at or near "NULLS"
  refuses: CREATE UNIQUE INDEX i ON t (a) INCLUDE (b) WITH (fillfactor = 70) NULLS NOT DISTINCT -- syntax error at or near "NULLS"
CREATE UNIQUE INDEX i ON t (a) INCLUDE (b) NULLS NOT DISTINCT TABLESPACE fast
  refuses: CREATE UNIQUE INDEX i ON t (a) INCLUDE (b) TABLESPACE fast NULLS NOT DISTINCT -- syntax error at or near "NULLS"
  refuses: CREATE UNIQUE INDEX i ON t (a) INCLUDE (b) TABLESPACE fast NULLS NOT DISTINCT -- syntax error at or near "NULLS"
ALTER TABLE t ADD UNIQUE NULLS NOT DISTINCT (a) WITH (fillfactor = 70)
  reads:  ALTER TABLE t ADD UNIQUE NULLS NOT DISTINCT (a) WITH (fillfactor = 70)
  reads:  ALTER TABLE t ADD UNIQUE NULLS NOT DISTINCT (a) WITH (fillfactor = 70)
CREATE INDEX i ON t ((a AT TIME ZONE 'utc'))
  reads:  CREATE INDEX i ON t ((pg_catalog.timezone('utc', a)))
  reads:  CREATE INDEX i ON t ((pg_catalog.timezone('utc', a)))
CREATE TABLE t (a text CHECK (a IS NOT NFC NORMALIZED))
  reads:  CREATE TABLE t (a text CHECK (NOT pg_catalog.is_normalized(a, 'NFC')))
  reads:  CREATE TABLE t ( a text CHECK (NOT pg_catalog.is_normalized(a, 'NFC')) )
TEXT
)

found=$("$tmp/venv/bin/python" "$tmp/look.py" 2>&1) || true
echo "$found"
diff <(echo "$expected") <(echo "$found") >"$tmp/diff" || { echo "CHANGED:"; cat "$tmp/diff"; exit 1; }
