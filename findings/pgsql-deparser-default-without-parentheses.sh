#!/usr/bin/env bash
# pgsql-deparser: a default comes back without its parentheses, as a text that no PostgreSQL reads, or with a COLLATE that is the column's from then on
#
# Version:   pgsql-deparser@18.3.8 with pgsql-parser@18.2.8 (npm; the grammar of PostgreSQL 18), Node 20
# Behaviour: DEFAULT takes an expression without parentheses only where nothing can be mistaken for what may follow it.
#            The deparser never writes any: IS NULL, AT TIME ZONE, OVERLAPS and IS JSON cannot be read again, and ('x'
#            COLLATE "C") becomes a default 'x' and a column COLLATE "C". (ARRAY[1, 2])[1] and (a IS DISTINCT FROM b) IS
#            TRUE lose theirs in a CHECK, too. TABLESPACE is left out, SET STATISTICS DEFAULT has no value, LIKE …
#            INCLUDING ALL EXCLUDING INDEXES leaves out COMPRESSION; json_value() is an error.
# Output:    what was read, what was written of it, and whether that is read again as the same
# Source:    run on that version
set -euo pipefail

cannot() { echo "cannot be run here: $*" >&2; exit 2; }

tmp=$(mktemp -d /tmp/finding-XXXXXX)
trap 'rm -rf "$tmp"' EXIT

command -v npm node >/dev/null || cannot "npm and node are needed"
package=pgsql-deparser version=18.3.8
(cd "$tmp" && npm install --silent --no-audit --no-fund "$package@$version" pgsql-parser@18.2.8) >"$tmp/log" 2>&1 || cannot "npm: $(tail -n 1 "$tmp/log")"

cat >"$tmp/look.mjs" <<'JS'
import { loadModule, parse } from 'pgsql-parser';
import { deparse } from 'pgsql-deparser';

await loadModule();
const PLACES = /"(?:location|stmt_location|stmt_len|name_location|list_start|list_end|version)":-?\d+,?/g;
const tree = async (sql) => JSON.stringify(await parse(sql)).replace(PLACES, '');

for (const sql of [
  `CREATE TABLE t (a boolean DEFAULT (current_user IS NOT NULL))`,
  `CREATE TABLE t (a timestamp DEFAULT (now() AT TIME ZONE 'utc'))`,
  `CREATE TABLE t (a text DEFAULT ('x' COLLATE "C"))`,
  `CREATE TABLE t (a int CHECK (a = (ARRAY[1, 2])[1]))`,
  `CREATE TABLE t (a int, b int, CHECK ((a IS DISTINCT FROM b) IS TRUE))`,
  `CREATE TABLE t (a jsonb CHECK (json_value(a, '$.x' RETURNING int) = 1))`,
  `CREATE TABLE t (a int) TABLESPACE fast`,
  `CREATE TABLE t (LIKE p INCLUDING ALL EXCLUDING INDEXES)`,
  `ALTER TABLE t ALTER COLUMN a SET STATISTICS DEFAULT`,
]) {
  console.log(sql);
  try {
    const written = await deparse(await parse(sql));
    console.log('  ' + written.replace(/\s+/g, ' '));
    console.log('  ' + ((await tree(written)) === (await tree(sql)) ? 'the same' : 'something else'));
  } catch (error) {
    console.log('  ' + error.message.split(': ').pop());
  }
}
JS

expected=$(cat <<'TEXT'
CREATE TABLE t (a boolean DEFAULT (current_user IS NOT NULL))
  CREATE TABLE t ( a boolean DEFAULT CURRENT_USER IS NOT NULL )
  syntax error at or near "NULL"
CREATE TABLE t (a timestamp DEFAULT (now() AT TIME ZONE 'utc'))
  CREATE TABLE t ( a timestamp DEFAULT now() AT TIME ZONE 'utc' )
  syntax error at or near "AT"
CREATE TABLE t (a text DEFAULT ('x' COLLATE "C"))
  CREATE TABLE t ( a text DEFAULT 'x' COLLATE "C" )
  something else
CREATE TABLE t (a int CHECK (a = (ARRAY[1, 2])[1]))
  CREATE TABLE t ( a int CHECK (a = ARRAY[1, 2][1]) )
  syntax error at or near "["
CREATE TABLE t (a int, b int, CHECK ((a IS DISTINCT FROM b) IS TRUE))
  CREATE TABLE t ( a int, b int, CHECK (a IS DISTINCT FROM b IS TRUE) )
  syntax error at or near "IS"
CREATE TABLE t (a jsonb CHECK (json_value(a, '$.x' RETURNING int) = 1))
  JsonFuncExpr
CREATE TABLE t (a int) TABLESPACE fast
  CREATE TABLE t ( a int )
  something else
CREATE TABLE t (LIKE p INCLUDING ALL EXCLUDING INDEXES)
  CREATE TABLE t ( LIKE p INCLUDING COMMENTS INCLUDING CONSTRAINTS INCLUDING DEFAULTS INCLUDING GENERATED INCLUDING IDENTITY INCLUDING STATISTICS INCLUDING STORAGE )
  something else
ALTER TABLE t ALTER COLUMN a SET STATISTICS DEFAULT
  ALTER TABLE t ALTER COLUMN a SET STATISTICS
  syntax error at end of input
TEXT
)

found=$(cd "$tmp" && node look.mjs 2>&1) || true
echo "$found"
diff <(echo "$expected") <(echo "$found") >"$tmp/diff" || { echo "CHANGED:"; cat "$tmp/diff"; exit 1; }
