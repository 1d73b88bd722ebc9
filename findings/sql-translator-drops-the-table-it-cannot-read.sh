#!/usr/bin/env bash
# SQL::Translator: a PostgreSQL table that gets a column of jsonb, with an identity or a COLLATE, is dropped with CASCADE, and unique indexes lose UNIQUE
#
# Version:   SQL::Translator 1.66 (Debian libsql-translator-perl 1.66-1)
# Behaviour: sqlt-diff of two PostgreSQL scripts leaves out a table of which it cannot read one column (jsonb, tsvector,
#            a range, GENERATED, COLLATE), with no error, and so writes DROP TABLE … CASCADE for it; the exit code is 0.
#            sqlt reads CREATE UNIQUE INDEX as CREATE INDEX, leaves an index over an expression out, and makes DEFAULT
#            now() and CURRENT_TIMESTAMP the strings of that name.
# Output:    the statements of sqlt-diff for eight new columns, and what sqlt writes of indexes and defaults
# Source:    run on that version
set -euo pipefail

cannot() { echo "cannot be run here: $*" >&2; exit 2; }

tmp=$(mktemp -d /tmp/finding-XXXXXX)
trap 'rm -rf "$tmp"' EXIT

# The package and all that it depends on, unpacked here with an apt that knows of no installed package.
package=libsql-translator-perl version=1.66-1 suite=trixie
command -v apt-get dpkg >/dev/null || cannot "it comes from Debian's packages: apt-get and dpkg are needed"
mirror=$(cat /etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null | grep '^deb \|^URIs:' | grep -v security |
  grep -om1 'https\?://[^ ]*/debian\b') || true
mkdir -p "$tmp/apt/lists/partial" "$tmp/apt/cache/archives/partial" "$tmp/apt/debs" && touch "$tmp/apt/status"
echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] ${mirror:-http://deb.debian.org/debian} $suite main" >"$tmp/apt/list"
apt() {
  apt-get -o Dir::Etc::sourcelist="$tmp/apt/list" -o Dir::Etc::sourceparts=/dev/null -o Dir::State::lists="$tmp/apt/lists" \
    -o Dir::State::status="$tmp/apt/status" -o Dir::Cache="$tmp/apt/cache" -o APT::Sandbox::User=root "$@" 2>"$tmp/log"
}
apt update -qq >/dev/null || cannot "apt-get update: $(tail -n 1 "$tmp/log")"
plan=$(apt install -s --no-install-recommends "$package=$version") || cannot "Debian $suite has no $package $version any more"
(cd "$tmp/apt/debs" && apt download -qq $(sed -n 's/^Inst \([^ ]*\).*/\1/p' <<<"$plan") >/dev/null) || cannot "apt-get download: $(tail -n 1 "$tmp/log")"
for deb in "$tmp"/apt/debs/*.deb; do dpkg -x "$deb" "$tmp/root"; done
libraries=$(echo "$tmp"/root/usr/lib/*-linux-gnu)
loader=$(find "$libraries" "$tmp/root/usr/lib64" -name 'ld-linux*.so.*' 2>/dev/null | head -n 1)

export PERL5LIB
PERL5LIB=$(find "$tmp/root/usr/share/perl5" "$tmp"/root/usr/{share/perl,lib/*/perl}/5.* "$tmp"/root/usr/lib/*/{perl5/5.*,perl-base} -maxdepth 0 | paste -sd:)
program() { local name=$1; shift; "$loader" --library-path "$libraries" "$tmp/root/usr/bin/perl" "$tmp/root/usr/bin/$name" "$@" 2>&1; }
cd "$tmp"

cat >old.sql <<'SQL'
CREATE TABLE item (
  id integer PRIMARY KEY,
  name character varying(20)
);
SQL

cat >made.sql <<'SQL'
CREATE TABLE item (
  id integer PRIMARY KEY,
  name character varying(20),
  at timestamp with time zone DEFAULT now(),
  day timestamp with time zone DEFAULT CURRENT_TIMESTAMP
);
CREATE UNIQUE INDEX one ON item (name);
CREATE UNIQUE INDEX two ON item (name) WHERE id > 1;
CREATE UNIQUE INDEX three ON item (lower(name));
SQL

expected=$(cat <<'TEXT'
-- new column: uuid
ALTER TABLE item ADD COLUMN token uuid;
-- new column: jsonb
DROP TABLE item CASCADE;
-- new column: jsonb DEFAULT '{}'::jsonb
DROP TABLE item CASCADE;
-- new column: text COLLATE "C"
DROP TABLE item CASCADE;
-- new column: integer GENERATED ALWAYS AS IDENTITY
DROP TABLE item CASCADE;
-- new column: integer GENERATED ALWAYS AS (id * 2) STORED
DROP TABLE item CASCADE;
-- new column: tsvector
DROP TABLE item CASCADE;
-- new column: tstzrange
DROP TABLE item CASCADE;
CREATE TABLE "item" (
  "id" integer NOT NULL,
  "name" character varying(20),
  "at" timestamp with time zone DEFAULT 'now()',
  "day" timestamp with time zone DEFAULT 'CURRENT_TIMESTAMP',
  PRIMARY KEY ("id")
);
CREATE INDEX "one" on "item" ("name");
CREATE INDEX "two" on "item" ("name") WHERE id > 1;
TEXT
)

found=$(
  for column in "uuid" "jsonb" "jsonb DEFAULT '{}'::jsonb" "text COLLATE \"C\"" "integer GENERATED ALWAYS AS IDENTITY" \
    "integer GENERATED ALWAYS AS (id * 2) STORED" "tsvector" "tstzrange"; do
    echo "-- new column: $column"
    sed "s/^);/, token $column);/" old.sql >new.sql
    program sqlt-diff old.sql=PostgreSQL new.sql=PostgreSQL | grep -v '^$\|^--\|^BEGIN\|^COMMIT' || true
  done
  program sqlt -f PostgreSQL -t PostgreSQL made.sql | grep -v '^$\|^--'
) || true
echo "$found"
diff <(echo "$expected") <(echo "$found") >"$tmp/diff" || { echo "CHANGED:"; cat "$tmp/diff"; exit 1; }
