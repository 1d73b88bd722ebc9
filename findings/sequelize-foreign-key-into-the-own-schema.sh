#!/usr/bin/env bash
# Sequelize: a foreign key to a model without a schema names the table of that name in the schema of the model that refers
#
# Version:   sequelize@6.37.8 and pg@8.23.1 (npm), Node 20; the SQL is what sync() sends
# Behaviour: With hasMany or belongsTo, the reference of a model in schema lib to one without a schema is written
#            REFERENCES "lib"."authors", where nothing makes such a table: sync() fails, or another table of that name
#            is referred to. The same reference in a table of belongsToMany is written without a schema, as it should.
# Output:    the REFERENCES of each table
# Source:    run on that version
set -euo pipefail

cannot() { echo "cannot be run here: $*" >&2; exit 2; }

tmp=$(mktemp -d /tmp/finding-XXXXXX)
trap 'rm -rf "$tmp"' EXIT

command -v npm node >/dev/null || cannot "npm and node are needed"
(cd "$tmp" && npm install --silent --no-audit --no-fund sequelize@6.37.8 pg@8.23.1) >"$tmp/log" 2>&1 || cannot "npm: $(tail -n 1 "$tmp/log")"

cat >"$tmp/look.js" <<'TEXT'
const { Sequelize, DataTypes } = require("sequelize");

const sequelize = new Sequelize({ dialect: "postgres", logging: false });
sequelize.query = async (sql) => {
  const text = sql.sql || sql;
  const made = /^CREATE TABLE IF NOT EXISTS (\S+)/.exec(text);
  if (made) console.log(made[1], (text.match(/REFERENCES \S+/g) || ["refers to nothing"]).join(", "));
  return [];
};
const author = sequelize.define("author", { name: DataTypes.STRING });
const book = sequelize.define("book", { title: DataTypes.STRING }, { schema: "lib" });
const page = sequelize.define("page", {}, { schema: "lib" });
author.hasMany(book);
page.belongsTo(author);
author.belongsToMany(book, { through: "likes" });

(async () => {
  for (const model of [author, book, page, sequelize.models.likes]) await model.sync();
})();
TEXT

expected=$(cat <<'TEXT'
"authors" refers to nothing
"lib"."books" REFERENCES "lib"."authors"
"lib"."pages" REFERENCES "lib"."authors"
"likes" REFERENCES "authors", REFERENCES "lib"."books"
TEXT
)
found=$(cd "$tmp" && node look.js 2>&1) || true
echo "$found"
diff <(echo "$expected") <(echo "$found") >"$tmp/diff" || { echo "CHANGED:"; cat "$tmp/diff"; exit 1; }
