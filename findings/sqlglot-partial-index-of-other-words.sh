#!/usr/bin/env bash
# sqlglot: WHERE b IS NOT NULL of a partial index comes back as NOT b IS NULL, which for SQLite is another index: no query uses it, ON CONFLICT does not find it
#
# Version:   sqlglot==30.30.0 on SQLite 3.54.1, from the wheel apsw==3.54.1.0
# Behaviour: The two conditions have the same rows, and SQLite takes them for two: an index whose condition is b IS NOT
#            NULL serves each query that compares b with something, one whose condition is NOT b IS NULL only a query
#            that says just that. INSERT … ON CONFLICT (a) WHERE b IS NOT NULL names the one, and is an error with the
#            other. PostgreSQL and MySQL are written in the same way, where it is a drift in words alone.
# Output:    the DDL as it was and as sqlglot writes it; for each the plans of three queries, and an INSERT
# Source:    run on that version
set -euo pipefail

cannot() { echo "cannot be run here: $*" >&2; exit 2; }

tmp=$(mktemp -d /tmp/finding-XXXXXX)
trap 'rm -rf "$tmp"' EXIT
python3 -m venv "$tmp/venv" || cannot "python3 has no venv"
"$tmp/venv/bin/pip" install -q apsw==3.54.1.0 sqlglot==30.30.0 >"$tmp/log" 2>&1 || cannot "pip: $(tail -n 1 "$tmp/log")"

cat >"$tmp/look.py" <<'PYTHON'
import apsw
import sqlglot

DDL = "CREATE UNIQUE INDEX item_code ON item (code) WHERE shop IS NOT NULL"
QUERIES = ["shop = 2", "shop IS NOT NULL", "NOT shop IS NULL"]
INSERT = "INSERT INTO item VALUES ('a', 1) ON CONFLICT (code) WHERE shop IS NOT NULL DO UPDATE SET shop = 2"

print("SQLite", apsw.sqlite_lib_version(), "sqlglot", sqlglot.__version__)
for ddl in DDL, *sqlglot.transpile(DDL, read="sqlite", write="sqlite"):
    print(ddl)
    connection = apsw.Connection(":memory:")
    connection.execute("CREATE TABLE item (code, shop)")
    connection.execute(ddl)
    for query in QUERIES:
        [(*_, plan)] = connection.execute(f"EXPLAIN QUERY PLAN SELECT * FROM item WHERE code = 'a' AND {query}")
        print(f"  {query}: {plan}")
    try:
        connection.execute(INSERT)
        connection.execute(INSERT)
        print("  INSERT:", *connection.execute("SELECT * FROM item"))
    except apsw.SQLError as error:
        print("  INSERT:", error)
PYTHON

expected=$(cat <<'TEXT'
SQLite 3.54.1 sqlglot 30.30.0
CREATE UNIQUE INDEX item_code ON item (code) WHERE shop IS NOT NULL
  shop = 2: SEARCH item USING INDEX item_code (code=?)
  shop IS NOT NULL: SEARCH item USING INDEX item_code (code=?)
  NOT shop IS NULL: SCAN item
  INSERT: ('a', 2)
CREATE UNIQUE INDEX item_code ON item(code) WHERE NOT shop IS NULL
  shop = 2: SCAN item
  shop IS NOT NULL: SCAN item
  NOT shop IS NULL: SEARCH item USING INDEX item_code (code=?)
  INSERT: ON CONFLICT clause does not match any PRIMARY KEY or UNIQUE constraint
TEXT
)

found=$("$tmp/venv/bin/python" "$tmp/look.py" 2>&1) || true
echo "$found"
diff <(echo "$expected") <(echo "$found") >"$tmp/diff" || { echo "CHANGED:"; cat "$tmp/diff"; exit 1; }
