#!/usr/bin/env bash
# Knex: an apostrophe ends a default of JSON and a value of an enumeration, while that of a text and of a check is doubled
#
# Version:   knex@3.3.0 (npm), Node 20, with the clients pg and mysql2
# Behaviour: defaultTo({...}) of a json column and the values of enu() are put between apostrophes as they are, so that
#            the statement ends in the middle, or says something else. defaultTo("…") of a text, checkIn()
#            of the same table are written right.
# Output:    the statement for each client
# Source:    run on that version
set -euo pipefail

cannot() { echo "cannot be run here: $*" >&2; exit 2; }

tmp=$(mktemp -d /tmp/finding-XXXXXX)
trap 'rm -rf "$tmp"' EXIT

command -v npm node >/dev/null || cannot "npm and node are needed"
(cd "$tmp" && npm install --silent --no-audit --no-fund --ignore-scripts knex@3.3.0 pg@8.23.1 mysql2@3.24.6) >"$tmp/log" 2>&1 || cannot "npm: $(tail -n 1 "$tmp/log")"

cat >"$tmp/look.js" <<'TEXT'
const knex = require("knex");

for (const client of ["pg", "mysql2"]) {
  const made = knex({ client }).schema.createTable("shop", (table) => {
    table.string("name").defaultTo("it's");
    table.string("one").checkIn(["it's"]);
    table.json("data").defaultTo({ note: "it's" });
    table.enu("kind", ["it's", "own"]);
  });
  console.log(made.toString());
}
TEXT

expected=$(cat <<'TEXT'
create table "shop" ("name" varchar(255) default 'it''s', "one" varchar(255) check ("one" in ('it''s')), "data" json default '{"note":"it's"}', "kind" text check ("kind" in ('it's', 'own')))
create table `shop` (`name` varchar(255) default 'it\'s', `one` varchar(255) check (`one` in ('it\'s')), `data` json default ('{"note":"it's"}'), `kind` enum('it's', 'own'))
TEXT
)
found=$(cd "$tmp" && node look.js 2>&1) || true
echo "$found"
diff <(echo "$expected") <(echo "$found") >"$tmp/diff" || { echo "CHANGED:"; cat "$tmp/diff"; exit 1; }
