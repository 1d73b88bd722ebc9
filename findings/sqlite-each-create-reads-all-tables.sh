#!/usr/bin/env bash
# SQLite: a CREATE TABLE takes three steps for each table that is there, a RENAME 44, so that a schema of n tables costs n times n
#
# Version:   SQLite 3.54.1, from the wheel apsw==3.54.1.0
# Behaviour: The steps of SQLite's machine, counted by its progress handler: CREATE TABLE and CREATE INDEX read the
#            whole of sqlite_schema back to find the one new row, whose name no index finds; ALTER TABLE … RENAME goes
#            over every row of it several times, whether or not its text has the name. So a script that makes 4,000
#            tables reads 8,000,000 rows of the schema, and a rename in it takes as many steps as 15 CREATEs.
# Output:    the steps of five statements in schemas of 10, 100 and 1,000 tables
# Source:    run on that version
set -euo pipefail

cannot() { echo "cannot be run here: $*" >&2; exit 2; }

tmp=$(mktemp -d /tmp/finding-XXXXXX)
trap 'rm -rf "$tmp"' EXIT
python3 -m venv "$tmp/venv" || cannot "python3 has no venv"
"$tmp/venv/bin/pip" install -q apsw==3.54.1.0 >"$tmp/log" 2>&1 || cannot "pip: $(tail -n 1 "$tmp/log")"

cat >"$tmp/look.py" <<'PYTHON'
import apsw

print("SQLite", apsw.sqlite_lib_version())
STATEMENTS = [
    "CREATE TABLE one (a)",
    "CREATE INDEX one_a ON one (a)",
    "ALTER TABLE one ADD COLUMN b",
    "ALTER TABLE one RENAME TO other",
    "DROP TABLE other",
]


def steps(tables, statement, before):
    connection = apsw.Connection(":memory:")
    for number in range(tables):
        connection.execute(f"CREATE TABLE t{number} (a)")
    for each in before:
        connection.execute(each)
    count = 0

    def step():
        nonlocal count
        count += 1
        return False

    connection.set_progress_handler(step, 1)
    connection.execute(statement)
    return count


for number, statement in enumerate(STATEMENTS):
    few, more, many = (steps(tables, statement, STATEMENTS[:number]) for tables in (10, 100, 1000))
    print(f"{statement}: {few}, {more}, {many}; {(many - more) / 900:g} for each table")
PYTHON

expected=$(cat <<'TEXT'
SQLite 3.54.1
CREATE TABLE one (a): 81, 351, 3051; 3 for each table
CREATE INDEX one_a ON one (a): 81, 351, 3051; 3 for each table
ALTER TABLE one ADD COLUMN b: 193, 1273, 12073; 12 for each table
ALTER TABLE one RENAME TO other: 656, 4616, 44216; 44 for each table
DROP TABLE other: 67, 337, 3037; 3 for each table
TEXT
)

found=$("$tmp/venv/bin/python" "$tmp/look.py" 2>&1) || true
echo "$found"
diff <(echo "$expected") <(echo "$found") >"$tmp/diff" || { echo "CHANGED:"; cat "$tmp/diff"; exit 1; }
