#!/usr/bin/env bash
# simple-ddl-parser: the first part of a default is the default and the next one the comment of the table, or the table is left out
#
# Version:   simple-ddl-parser==1.13.0, defaults as valid in PostgreSQL
# Behaviour: For DEFAULT 'a' || 'b' the column has the default 'a' || and its table the comment 'b'; for B'101' these are B
#            and '101', and the same for E'…', a date and a text after a cast. With NOT NULL behind such a default the
#            table is left out of the result without a word, unless silent=False is given, which raises an error. A sum of
#            numbers and a function are read as they are.
# Output:    of each default what the column and the table have; the same with NOT NULL behind it; with silent=False
# Source:    run on that version
set -euo pipefail

cannot() { echo "cannot be run here: $*" >&2; exit 2; }

tmp=$(mktemp -d /tmp/finding-XXXXXX)
trap 'rm -rf "$tmp"' EXIT

python3 -m venv "$tmp/venv" || cannot "python3 has no venv"
"$tmp/venv/bin/pip" install -q simple-ddl-parser==1.13.0 >"$tmp/log" 2>&1 || cannot "pip: $(tail -n 1 "$tmp/log")"

cat >"$tmp/look.py" <<'PYTHON'
import logging

from simple_ddl_parser import DDLParser

logging.disable()


def read(text, silent=True):
    ddl = f"CREATE TABLE item (id int);\nCREATE TABLE part (code {text});"
    try:
        tables = {table["table_name"]: table for table in DDLParser(ddl, silent=silent).run(output_mode="postgres")}
    except Exception as error:
        return type(error).__name__
    if "part" not in tables:
        return f"tables: {', '.join(tables)}"
    (column,) = tables["part"]["columns"]
    return f"default {column['default']}, comment of the table {tables['part'].get('comment')}"


for default in ("text DEFAULT 'a' || 'b'", "bit(3) DEFAULT B'101'", "text DEFAULT E'ab'", "text DEFAULT 'a'::text || 'b'",
                "date DEFAULT date '2026-01-01'", "int DEFAULT 1 + 2", "text DEFAULT lower('A')"):
    longer = f"{default} NOT NULL"
    print(default, f"  {read(default)}", f"  NOT NULL: {read(longer)}, {read(longer, silent=False)}", sep="\n")
PYTHON

expected=$(cat <<'TEXT'
text DEFAULT 'a' || 'b'
  default 'a' ||, comment of the table 'b'
  NOT NULL: tables: item, DDLParserError
bit(3) DEFAULT B'101'
  default B, comment of the table '101'
  NOT NULL: tables: item, DDLParserError
text DEFAULT E'ab'
  default E, comment of the table 'ab'
  NOT NULL: tables: item, DDLParserError
text DEFAULT 'a'::text || 'b'
  default 'a'::text ||, comment of the table 'b'
  NOT NULL: tables: item, DDLParserError
date DEFAULT date '2026-01-01'
  default date, comment of the table '2026-01-01'
  NOT NULL: tables: item, DDLParserError
int DEFAULT 1 + 2
  default 1 + 2, comment of the table None
  NOT NULL: default 1 + 2, comment of the table None, default 1 + 2, comment of the table None
text DEFAULT lower('A')
  default lower('A'), comment of the table None
  NOT NULL: default lower('A'), comment of the table None, default lower('A'), comment of the table None
TEXT
)

found=$("$tmp/venv/bin/python" "$tmp/look.py" 2>&1) || true
echo "$found"
diff <(echo "$expected") <(echo "$found") >"$tmp/diff" || { echo "CHANGED:"; cat "$tmp/diff"; exit 1; }
