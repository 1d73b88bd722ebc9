#!/usr/bin/env bash
# Sequelize: the table between two models gets the comment, character set and engine of the first, so that its foreign keys are none
#
# Version:   sequelize@6.37.8, pg@8.23.1 and mysql2@3.24.6 (npm), Node 20; the SQL is what sync() sends
# Behaviour: belongsToMany makes the model of the table between the two with all options of the model that names it first:
#            its comment stands on the link table, too. An ENGINE=MyISAM makes that table one of MyISAM, in which MySQL
#            keeps no foreign key and deletes no row with its parent, although the other model is one of InnoDB. Named
#            from the other side alone, the same table has none of that.
# Output:    the statements for the link table: asked for from the one side, and from the other
# Source:    run on that version
set -euo pipefail

cannot() { echo "cannot be run here: $*" >&2; exit 2; }

tmp=$(mktemp -d /tmp/finding-XXXXXX)
trap 'rm -rf "$tmp"' EXIT

command -v npm node >/dev/null || cannot "npm and node are needed"
(cd "$tmp" && npm install --silent --no-audit --no-fund sequelize@6.37.8 pg@8.23.1 mysql2@3.24.6) >"$tmp/log" 2>&1 || cannot "npm: $(tail -n 1 "$tmp/log")"

cat >"$tmp/look.js" <<'TEXT'
const { Sequelize, DataTypes } = require("sequelize");

async function look(dialect, fromAuthor) {
  const sequelize = new Sequelize({ dialect, logging: false });
  const sent = [];
  sequelize.query = async (sql) => (sent.push(sql.sql || sql), []);
  const options = { comment: "people", timestamps: false, engine: "MyISAM", charset: "latin1" };
  const author = sequelize.define("author", { name: DataTypes.STRING }, options);
  const book = sequelize.define("book", { title: DataTypes.STRING }, { timestamps: false });
  if (fromAuthor) author.belongsToMany(book, { through: "likes" });
  else book.belongsToMany(author, { through: "likes" });
  await sequelize.models.likes.sync();
  for (const sql of sent.filter((text) => /^(CREATE TABLE|COMMENT)/.test(text)))
    console.log(sql.replace(/.*PRIMARY KEY \(.*?\)|.*PRIMARY KEY \(.*?\)\); /, "…").replace(/, FOREIGN KEY/g, ",\n  FOREIGN KEY"));
}

(async () => {
  for (const dialect of ["mysql", "postgres"])
    for (const fromAuthor of [true, false]) {
      console.log(`${dialect}, ${fromAuthor ? "author.belongsToMany(book)" : "book.belongsToMany(author)"}:`);
      await look(dialect, fromAuthor);
    }
})();
TEXT

expected=$(cat <<'TEXT'
mysql, author.belongsToMany(book):
…,
  FOREIGN KEY (`authorId`) REFERENCES `authors` (`id`) ON DELETE CASCADE ON UPDATE CASCADE,
  FOREIGN KEY (`bookId`) REFERENCES `books` (`id`) ON DELETE CASCADE ON UPDATE CASCADE) ENGINE=MyISAM COMMENT 'people' DEFAULT CHARSET=latin1;
mysql, book.belongsToMany(author):
…,
  FOREIGN KEY (`bookId`) REFERENCES `books` (`id`) ON DELETE CASCADE ON UPDATE CASCADE,
  FOREIGN KEY (`authorId`) REFERENCES `authors` (`id`) ON DELETE CASCADE ON UPDATE CASCADE) ENGINE=InnoDB;
postgres, author.belongsToMany(book):
…); COMMENT ON TABLE "likes" IS 'people';
postgres, book.belongsToMany(author):
…);
TEXT
)
found=$(cd "$tmp" && node look.js 2>&1) || true
echo "$found"
diff <(echo "$expected") <(echo "$found") >"$tmp/diff" || { echo "CHANGED:"; cat "$tmp/diff"; exit 1; }
