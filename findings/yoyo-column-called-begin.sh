#!/usr/bin/env bash
# yoyo: a migration that names a column begin or declare cannot be applied on SQLite, unless the name is in quotes
#
# Version:   yoyo-migrations==9.0.0 with sqlparse==0.6.1, with the SQLite that Python brings
# Behaviour: A migration of SQL is cut into statements by sqlparse, for which the words BEGIN and DECLARE open a block
#            wherever they stand: from a table with a column begin, or a query that reads one, to the end of the file is
#            one statement, which sqlite3 refuses as several. In double quotes, or as the last statement, it is applied;
#            end, if, loop and case as names of columns cut nothing.
# Output:    of each migration the exit code of yoyo apply, its error, and the tables that are there
# Source:    run on that version
set -euo pipefail

cannot() { echo "cannot be run here: $*" >&2; exit 2; }

tmp=$(mktemp -d /tmp/finding-XXXXXX)
trap 'rm -rf "$tmp"' EXIT

python3 -m venv "$tmp/venv" || cannot "python3 has no venv"
"$tmp/venv/bin/pip" install -q yoyo-migrations==9.0.0 sqlparse==0.6.1 >"$tmp/log" 2>&1 || cannot "pip: $(tail -n 1 "$tmp/log")"

cat >"$tmp/look.py" <<'PYTHON'
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

TABLE = "CREATE TABLE shift (id integer, {0} text)"
INDEX = "CREATE INDEX shift_at ON shift ({0})"


def apply(label, *statements):
    place = Path(label.replace(" ", "-"))
    place.mkdir()
    (place / "0001.sql").write_text("".join(f"{statement};\n" for statement in statements))
    command = [str(Path(sys.executable).with_name("yoyo")), "apply", "--batch", "--no-config-file"]
    command += ["-d", f"sqlite:///{place}/db", str(place)]
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "HOME": os.getcwd()})
    error = [line for line in done.stderr.splitlines() if "sqlite3." in line]
    found = sqlite3.connect(place / "db").execute("SELECT name FROM sqlite_master WHERE name LIKE 'shift%' ORDER BY 1")
    print(label, "->", done.returncode, *error, *(name for (name,) in found))


for name in ("begin", "declare", "end", "if", "loop"):
    apply(f"column {name}", TABLE.format(name), "CREATE TABLE shift_2 (id integer)")
apply("in quotes", TABLE.format('"begin"'), INDEX.format('"begin"'))
apply("last statement", "CREATE TABLE shift_2 (id integer)", TABLE.format("begin"))
apply("one that is there", TABLE.format('"begin"'), INDEX.format("begin"), "CREATE TABLE shift_2 (id integer)")
PYTHON

expected=$(cat <<'TEXT'
column begin -> 1 sqlite3.ProgrammingError: You can only execute one statement at a time.
column declare -> 1 sqlite3.ProgrammingError: You can only execute one statement at a time.
column end -> 0 shift shift_2
column if -> 0 shift shift_2
column loop -> 0 shift shift_2
in quotes -> 0 shift shift_at
last statement -> 0 shift shift_2
one that is there -> 1 sqlite3.ProgrammingError: You can only execute one statement at a time.
TEXT
)

found=$(cd "$tmp" && "$tmp/venv/bin/python" "$tmp/look.py" 2>&1) || true
echo "$found"
diff <(echo "$expected") <(echo "$found") >"$tmp/diff" || { echo "CHANGED:"; cat "$tmp/diff"; exit 1; }
