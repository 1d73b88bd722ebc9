#!/usr/bin/env bash
# SQLAlchemy: on SQLite the expression of a generated column reaches to the last parenthesis of its table
#
# Version:   SQLAlchemy==2.1.9, with the SQLite that Python brings
# Behaviour: The expression of a generated column is reflected up to the last closing parenthesis that something of
#            the table has, so that it takes the columns and checks behind it along. Where nothing with a parenthesis
#            follows it is right. CREATE TABLE of the reflected table is a syntax error, and one of two such columns
#            has the text of both.
# Output:    `a + 1` for the column in a table of its own; `price * 2), day TEXT DEFAULT (date('now')), CHECK (price >
#            0` where more follows, and a syntax error for the reflected table
# Source:    run on that version; sqlalchemy/dialects/sqlite/base.py, get_columns
set -euo pipefail

cannot() { echo "cannot be run here: $*" >&2; exit 2; }

tmp=$(mktemp -d /tmp/finding-XXXXXX)
trap 'rm -rf "$tmp"' EXIT
python3 -m venv "$tmp/venv" || cannot "python3 has no venv"
"$tmp/venv/bin/pip" install -q SQLAlchemy==2.1.9 >"$tmp/log" 2>&1 || cannot "pip: $(tail -n 1 "$tmp/log")"

cat >"$tmp/look.py" <<'PYTHON'
import sqlalchemy as sa

TABLES = {
    "alone": "id INTEGER PRIMARY KEY, a INT, b INT GENERATED ALWAYS AS (a + 1)",
    "item": "id INTEGER PRIMARY KEY, price REAL, twice REAL GENERATED ALWAYS AS (price * 2), "
    "day TEXT DEFAULT (date('now')), CHECK (price > 0)",
    "two": "a INT, b INT GENERATED ALWAYS AS (a + 1), c INT GENERATED ALWAYS AS (a + 2) STORED",
}
engine = sa.create_engine("sqlite://")
with engine.begin() as connection:
    for name, body in TABLES.items():
        connection.exec_driver_sql(f"CREATE TABLE {name} ({body})")
        for column in sa.inspect(connection).get_columns(name):
            if "computed" in column:
                print(f"{name}.{column['name']}:", column["computed"]["sqltext"])
    schema = sa.MetaData()
    schema.reflect(connection)
    for table in schema.sorted_tables:
        connection.exec_driver_sql(f"DROP TABLE {table.name}")
        try:
            table.create(connection)
            print(table.name, "is made again")
        except sa.exc.OperationalError as error:
            print(table.name, "is not made again:", error.orig)
PYTHON

expected=$(cat <<'TEXT'
alone.b: a + 1
item.twice: price * 2), day TEXT DEFAULT (date('now')), CHECK (price > 0
two.b: a + 1), c INT GENERATED ALWAYS AS (a + 2
two.c: a + 2
alone is made again
item is not made again: near "VIRTUAL": syntax error
two is not made again: duplicate column name: c
TEXT
)

found=$(cd "$tmp" && venv/bin/python look.py 2>&1) || true
echo "$found"
diff <(echo "$expected") <(echo "$found") >"$tmp/diff" || { echo "CHANGED:"; cat "$tmp/diff"; exit 1; }
