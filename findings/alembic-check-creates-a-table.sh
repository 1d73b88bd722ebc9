#!/usr/bin/env bash
# Alembic: check, which compares and changes nothing, creates alembic_version in the database that it looks at
#
# Version:   alembic==1.20.1 with SQLAlchemy==2.1.9, with the SQLite that Python brings
# Behaviour: On a database that has no table of versions, `alembic check` says that there is nothing to do, ends with
#            0, and has committed CREATE TABLE alembic_version. `alembic current`, `heads` and `history` leave the
#            database as it is. The next comparison by another tool finds a table that nobody asked for.
# Output:    after current no table; after check alembic_version; it is empty
# Source:    run on that version
set -euo pipefail

cannot() { echo "cannot be run here: $*" >&2; exit 2; }

tmp=$(mktemp -d /tmp/finding-XXXXXX)
trap 'rm -rf "$tmp"' EXIT
python3 -m venv "$tmp/venv" || cannot "python3 has no venv"
"$tmp/venv/bin/pip" install -q alembic==1.20.1 SQLAlchemy==2.1.9 >"$tmp/log" 2>&1 || cannot "pip: $(tail -n 1 "$tmp/log")"

cat >"$tmp/look.py" <<'PYTHON'
import sqlite3
import subprocess
import sys
from pathlib import Path

alembic = [str(Path(sys.executable).with_name("alembic")), "--raiseerr"]


def run(*arguments):
    done = subprocess.run([*alembic, *arguments], capture_output=True, text=True)
    with sqlite3.connect("shop.db") as database:
        tables = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    print(*arguments, "->", done.returncode, done.stdout.strip(), "tables:", *tables)


subprocess.run([*alembic, "init", "versions"], check=True, capture_output=True)
settings = Path("alembic.ini").read_text()
Path("alembic.ini").write_text(settings.replace("driver://user:pass@localhost/dbname", "sqlite:///shop.db"))
environment = Path("versions/env.py").read_text()
Path("versions/env.py").write_text(
    environment.replace("target_metadata = None", "from sqlalchemy import MetaData\n\ntarget_metadata = MetaData()")
)
run("current")
run("check")
with sqlite3.connect("shop.db") as database:
    print("rows:", *database.execute("SELECT count(*) FROM alembic_version").fetchone())
PYTHON

expected=$(cat <<'TEXT'
current -> 0  tables:
check -> 0 No new upgrade operations detected. tables: alembic_version
rows: 0
TEXT
)

found=$(cd "$tmp" && venv/bin/python look.py 2>&1) || true
echo "$found"
diff <(echo "$expected") <(echo "$found") >"$tmp/diff" || { echo "CHANGED:"; cat "$tmp/diff"; exit 1; }
