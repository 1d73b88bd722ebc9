#!/usr/bin/env bash
# @dbml/core: of a PostgreSQL script DROP COLUMN, RENAME, SET NOT NULL and DROP INDEX are passed over, and DBML that it writes of a quote it cannot read
#
# Version:   @dbml/core@10.2.0 (npm, the library of dbdiagram.io's sql2dbml and dbml2sql), Node 20
# Behaviour: The importer takes CREATE TABLE and CREATE INDEX, and passes over ALTER TABLE … DROP, RENAME, ALTER and ADD
#            COLUMN and DROP INDEX without an error: the DBML of a migration's script shows columns that are gone. A
#            unique index on some rows, or with INCLUDE, is unique over all rows and that column; GENERATED is lost,
#            9007199254740993 becomes 9007199254740992. A default with an apostrophe or an E'' string gives DBML that
#            the same version refuses to read.
# Output:    the DBML of a script with later statements, and six defaults: as DBML, and as SQL again or the parser's
#            error
# Source:    run on that version
set -euo pipefail

cannot() { echo "cannot be run here: $*" >&2; exit 2; }

tmp=$(mktemp -d /tmp/finding-XXXXXX)
trap 'rm -rf "$tmp"' EXIT

command -v npm node >/dev/null || cannot "npm and node are needed"
package=@dbml/core version=10.2.0
(cd "$tmp" && npm install --silent --no-audit --no-fund "$package@$version") >"$tmp/log" 2>&1 || cannot "npm: $(tail -n 1 "$tmp/log")"

cat >"$tmp/look.js" <<'JS'
const { exporter, importer } = require('@dbml/core');

console.log(importer.import(`
CREATE TABLE item (id int PRIMARY KEY, old int, gone int, price int, twice int GENERATED ALWAYS AS (price * 2) STORED, big bigint DEFAULT 9007199254740993);
CREATE UNIQUE INDEX live ON item (price) WHERE old > 1;
CREATE UNIQUE INDEX more ON item (price) INCLUDE (old);
ALTER TABLE item DROP COLUMN gone;
ALTER TABLE item RENAME COLUMN old TO renamed;
ALTER TABLE item ALTER COLUMN price SET NOT NULL;
ALTER TABLE item ALTER COLUMN price TYPE numeric(10, 2);
ALTER TABLE item ADD COLUMN later text;
DROP INDEX live;
`, 'postgres'));

for (const value of ["'x'", "'it''s'", "E'a\\nb'", "B'101'", "'a' || 'b'", "-5"]) {
  const dbml = importer.import(`CREATE TABLE t (a text DEFAULT ${value});`, 'postgres');
  let back;
  try {
    back = exporter.export(dbml, 'postgres').match(/"a" .*/)[0];
  } catch (error) {
    back = error.diags.map((diag) => diag.message)[0];
  }
  console.log(value, '|', dbml.match(/"a" .*/)[0], '|', back);
}
JS

expected=$(cat <<'TEXT'
Table "item" {
  "id" int [pk]
  "old" int
  "gone" int
  "price" int
  "twice" int
  "big" bigint [default: 9007199254740992]

  Indexes {
    price [unique, name: "live"]
    price [unique, name: "more"]
  }
}

'x' | "a" text [default: 'x'] | "a" text DEFAULT 'x'
'it''s' | "a" text [default: 'it''s'] | Expect a comma ','
E'a\nb' | "a" text [default: ''a\nb'] | Unexpected token '\'
B'101' | "a" text [default: `B'101'`] | "a" text DEFAULT (B'101')
'a' || 'b' | "a" text [default: `'a'||'b'`] | "a" text DEFAULT ('a'||'b')
-5 | "a" text [default: `-5`] | "a" text DEFAULT (-5)
TEXT
)

found=$(cd "$tmp" && node look.js 2>&1) || true
echo "$found"
diff <(echo "$expected") <(echo "$found") >"$tmp/diff" || { echo "CHANGED:"; cat "$tmp/diff"; exit 1; }
