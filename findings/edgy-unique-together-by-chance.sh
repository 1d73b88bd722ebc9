#!/usr/bin/env bash
# edgy: the columns of unique_together come in another order each time that Python starts, so that the index serves other queries
#
# Version:   edgy==0.37.0 with aiosqlite==0.22.1 on SQLite, as Python has it
# Behaviour: unique_together = [("c", "a", "b")] keeps its columns as a set, whose order is that of Python's hashes: one
#            start writes UNIQUE (a, b, c), another one UNIQUE (c, b, a). The name of the constraint is the same. Two
#            databases made by one model have other indexes, and a query by c finds its rows by the index in one of them
#            and reads the whole table in the other. Meta.indexes keeps its order.
# Output:    the constraint, the index of Meta.indexes and the query's plan, with two seeds for the hashes
# Source:    run on that version
set -euo pipefail

cannot() { echo "cannot be run here: $*" >&2; exit 2; }

tmp=$(mktemp -d /tmp/finding-XXXXXX)
trap 'rm -rf "$tmp"' EXIT

python3 -m venv "$tmp/venv" || cannot "python3 has no venv"
"$tmp/venv/bin/pip" install -q edgy==0.37.0 aiosqlite==0.22.1 >"$tmp/log" 2>&1 || cannot "pip: $(tail -n 1 "$tmp/log")"

cat >"$tmp/look.py" <<'PYTHON'
import asyncio
import re
import sqlite3
import sys

import edgy

FILE = sys.argv[1]


async def create():
    models = edgy.Registry(database=edgy.Database(f"sqlite:///{FILE}"))

    class Price(edgy.Model):
        a = edgy.IntegerField()
        b = edgy.IntegerField()
        c = edgy.IntegerField()
        d = edgy.IntegerField()

        class Meta:
            registry = models
            tablename = "price"
            unique_together = [("c", "a", "b")]
            indexes = [edgy.Index(fields=["d", "a"])]

    async with models:
        await models.create_all()


asyncio.run(create())
database = sqlite3.connect(FILE)
(table,), (index,) = database.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY type DESC")
print(re.search("CONSTRAINT.*UNIQUE.*", table)[0])
print(index)
print(database.execute("EXPLAIN QUERY PLAN SELECT d FROM price WHERE c = 1").fetchone()[3])
PYTHON

expected=$(cat <<'TEXT'
CONSTRAINT "uc_GI6UETLE3ABSD43SW66UFBCLCU" UNIQUE (a, b, c)
CREATE INDEX idx_d_a ON price (d, a)
SCAN price
CONSTRAINT "uc_GI6UETLE3ABSD43SW66UFBCLCU" UNIQUE (c, b, a)
CREATE INDEX idx_d_a ON price (d, a)
SEARCH price USING INDEX sqlite_autoindex_price_1 (c=?)
TEXT
)

found=$(cd "$tmp" && for seed in 1 2; do PYTHONHASHSEED=$seed venv/bin/python look.py "$tmp/$seed.db" 2>&1; done) || true
echo "$found"
diff <(echo "$expected") <(echo "$found") >"$tmp/diff" || { echo "CHANGED:"; cat "$tmp/diff"; exit 1; }
