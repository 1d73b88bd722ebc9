#!/usr/bin/env bash
# SQLAlchemy: on SQLite the word CHECK in a comment or a default is reflected as a constraint, a UNIQUE with DESC or COLLATE as none
#
# Version:   SQLAlchemy 2.1.9 (PyPI), the SQLite of Python
# Behaviour: Constraints are looked for in the text of CREATE TABLE, without regard to comments and strings. A note /* CHECK
#            (price < 100) */ and DEFAULT 'CHECK (…)' are constraints in get_check_constraints() and in each table that is
#            made of what was reflected, which refuses rows of the first. UNIQUE (a DESC), or with COLLATE, is not found,
#            and is no index either, so that the copy takes duplicates.
# Output:    checks and unique constraints as reflected, and what four copies do with the rows of the original
# Source:    run on that version
set -euo pipefail

cannot() { echo "cannot be run here: $*" >&2; exit 2; }

tmp=$(mktemp -d /tmp/finding-XXXXXX)
trap 'rm -rf "$tmp"' EXIT

python3 -m venv "$tmp/venv" || cannot "python3 has no venv"
"$tmp/venv/bin/pip" install -q SQLAlchemy==2.1.9 >"$tmp/log" 2>&1 || cannot "pip: $(tail -n 1 "$tmp/log")"

cat >"$tmp/look.py" <<'PYTHON'
import sqlalchemy
from sqlalchemy.schema import CreateTable

print(sqlalchemy.__version__)
for ddl, row in (
    ("CREATE TABLE item (price INT /* once CHECK (price < 100) */, code TEXT)", "500, 'a'"),
    ("CREATE TABLE item (price INT, code TEXT DEFAULT 'CHECK (price)')", "0, 'a'"),
    ("CREATE TABLE item (price INT, code TEXT, UNIQUE (price DESC))", "1, 'a'), (1, 'b'"),
    ("CREATE TABLE item (price INT, code TEXT, UNIQUE (code COLLATE NOCASE))", "1, 'a'), (2, 'A'"),
):
    print(ddl)
    engine, copy = sqlalchemy.create_engine("sqlite://"), sqlalchemy.create_engine("sqlite://")
    with engine.begin() as connection:
        connection.exec_driver_sql(ddl)
    inspector = sqlalchemy.inspect(engine)
    print("  checks:", *(check["sqltext"] for check in inspector.get_check_constraints("item")))
    print("  unique:", *inspector.get_unique_constraints("item"), *inspector.get_indexes("item"))
    table = sqlalchemy.Table("item", sqlalchemy.MetaData(), autoload_with=engine)
    for name, target in (("original", engine), ("copy", copy)):
        try:
            with target.begin() as connection:
                if target is copy:
                    connection.execute(CreateTable(table))
                connection.exec_driver_sql(f"INSERT INTO item VALUES ({row})")
            print(f"  {name}: takes {row}")
        except sqlalchemy.exc.DBAPIError as error:
            print(f"  {name}: {error.orig}")
PYTHON

expected=$(cat <<'TEXT'
2.1.9
CREATE TABLE item (price INT /* once CHECK (price < 100) */, code TEXT)
  checks: price < 100
  unique:
  original: takes 500, 'a'
  copy: CHECK constraint failed: price < 100
CREATE TABLE item (price INT, code TEXT DEFAULT 'CHECK (price)')
  checks: price
  unique:
  original: takes 0, 'a'
  copy: CHECK constraint failed: price
CREATE TABLE item (price INT, code TEXT, UNIQUE (price DESC))
  checks:
  unique:
  original: UNIQUE constraint failed: item.price
  copy: takes 1, 'a'), (1, 'b'
CREATE TABLE item (price INT, code TEXT, UNIQUE (code COLLATE NOCASE))
  checks:
  unique:
  original: UNIQUE constraint failed: item.code
  copy: takes 1, 'a'), (2, 'A'
TEXT
)

found=$("$tmp/venv/bin/python" "$tmp/look.py" 2>&1) || true
echo "$found"
diff <(echo "$expected") <(echo "$found") >"$tmp/diff" || { echo "CHANGED:"; cat "$tmp/diff"; exit 1; }
