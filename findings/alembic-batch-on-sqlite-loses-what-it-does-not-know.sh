#!/usr/bin/env bash
# Alembic: adding a column in batch mode on SQLite loses COLLATE, DESC, AUTOINCREMENT, triggers, and an index over an expression
#
# Version:   alembic==1.20.1 with SQLAlchemy==2.1.9, with the SQLite that Python brings
# Behaviour: batch_alter_table(recreate="always") makes the table anew from what is reflected. The manual names CHECKs
#            without a name. As quietly go the collation of a column (with it a UNIQUE index takes what it refused),
#            DESC of an index, an index over an expression, AUTOINCREMENT (a number is given twice) and every trigger;
#            STRICT, WITHOUT ROWID, a partial index's condition and rows stay.
# Output:    the table without NOCASE and AUTOINCREMENT, two of three indexes, no trigger; 'A' beside 'a' is taken,
#            and the number 2 is given a second time
# Source:    run on that version
set -euo pipefail

cannot() { echo "cannot be run here: $*" >&2; exit 2; }

tmp=$(mktemp -d /tmp/finding-XXXXXX)
trap 'rm -rf "$tmp"' EXIT
python3 -m venv "$tmp/venv" || cannot "python3 has no venv"
"$tmp/venv/bin/pip" install -q alembic==1.20.1 SQLAlchemy==2.1.9 >"$tmp/log" 2>&1 || cannot "pip: $(tail -n 1 "$tmp/log")"

cat >"$tmp/look.py" <<'PYTHON'
import warnings

import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.operations import Operations

warnings.simplefilter("ignore")
ITEM = """CREATE TABLE item (id INTEGER PRIMARY KEY AUTOINCREMENT, code TEXT COLLATE NOCASE NOT NULL,
    price REAL, CONSTRAINT named CHECK (code <> '')) STRICT"""
engine = sa.create_engine("sqlite://")
with engine.begin() as connection:
    run = connection.exec_driver_sql
    for statement in (
        "CREATE TABLE log (n INT)",
        ITEM,
        "CREATE INDEX latest ON item (price DESC)",
        "CREATE UNIQUE INDEX dear ON item (code) WHERE price > 5",
        "CREATE INDEX lower_code ON item (lower(code))",
        "CREATE TRIGGER logged AFTER INSERT ON item BEGIN INSERT INTO log VALUES (1); END",
        "INSERT INTO item (code, price) VALUES ('a', 9), ('b', 9)",
        "DELETE FROM item WHERE code = 'b'",
    ):
        run(statement)
    operations = Operations(MigrationContext.configure(connection))
    with operations.batch_alter_table("item", recreate="always") as batch:
        batch.add_column(sa.Column("extra", sa.Integer))
    for kind, sql in run("SELECT type, sql FROM sqlite_master WHERE tbl_name = 'item' ORDER BY type DESC, name"):
        print(f"{kind}:", " ".join(sql.split()))
    run("INSERT INTO item (code, price) VALUES ('A', 9)")
    print(*run("SELECT id, code FROM item"))
    print("log:", *run("SELECT count(*) FROM log"))
PYTHON

expected=$(cat <<'TEXT'
table: CREATE TABLE "item" ( id INTEGER, code TEXT NOT NULL, price REAL, extra INTEGER, PRIMARY KEY (id), CONSTRAINT named CHECK (code <> '') ) STRICT
index: CREATE UNIQUE INDEX dear ON item (code) WHERE price > 5
index: CREATE INDEX latest ON item (price)
(1, 'a') (2, 'A')
log: (2,)
TEXT
)

found=$(cd "$tmp" && venv/bin/python look.py 2>&1) || true
echo "$found"
diff <(echo "$expected") <(echo "$found") >"$tmp/diff" || { echo "CHANGED:"; cat "$tmp/diff"; exit 1; }
