#!/usr/bin/env bash
# sqldiff: another type, default, NOT NULL, CHECK or generated expression is no difference, and a column that it adds has neither type nor default
#
# Version:   sqldiff of SQLite 3.46.1 (Debian 3.46.1-7+deb13u2)
# Behaviour: Tables are compared by the names of their columns. --schema says nothing of a column whose type, default,
#            collation, NOT NULL, CHECK, UNIQUE or REFERENCES is another, or of another generated expression. A column
#            that is missing is added by its name: without a type the number 7 that a later INSERT gives it is not the
#            text of the other database. A plain column that becomes a generated one drops the table, because it is
#            missing in PRAGMA table_info. After the script, the two are equal.
# Output:    what --schema says, what it says after its own script was run, and the tables that this made
# Source:    run on that version
set -euo pipefail

cannot() { echo "cannot be run here: $*" >&2; exit 2; }

tmp=$(mktemp -d /tmp/finding-XXXXXX)
trap 'rm -rf "$tmp"' EXIT

# The packages and all that they depend on, unpacked here with an apt that knows of no installed package.
package=sqlite3-tools version=3.46.1-7+deb13u2 suite=trixie
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
plan=$(apt install -s --no-install-recommends "$package=$version" sqlite3=3.46.1-7+deb13u2) || cannot "Debian $suite has no $package $version any more"
(cd "$tmp/apt/debs" && apt download -qq $(sed -n 's/^Inst \([^ ]*\).*/\1/p' <<<"$plan") >/dev/null) || cannot "apt-get download: $(tail -n 1 "$tmp/log")"
for deb in "$tmp"/apt/debs/*.deb; do dpkg -x "$deb" "$tmp/root"; done
libraries=$(echo "$tmp"/root/usr/lib/*-linux-gnu)
loader=$(find "$libraries" "$tmp/root/usr/lib64" -name 'ld-linux*.so.*' 2>/dev/null | head -n 1)

program() { local name=$1; shift; "$loader" --library-path "$libraries" "$tmp/root/usr/bin/$name" "$@"; }
cd "$tmp"

program sqlite3 old.db <<'SQL'
CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT, price NUMERIC);
CREATE TABLE sum (id INTEGER PRIMARY KEY, a INT, total INT AS (a + 1));
CREATE TABLE child (id INTEGER PRIMARY KEY, item INT);
CREATE TABLE plain (id INTEGER PRIMARY KEY, a INT, total INT);
INSERT INTO plain VALUES (1, 2, 5);
SQL

program sqlite3 new.db <<'SQL'
CREATE TABLE item (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL DEFAULT 'x' COLLATE NOCASE UNIQUE CHECK (name <> ''), price TEXT,
    code TEXT NOT NULL DEFAULT '7'
);
CREATE TABLE sum (id INTEGER PRIMARY KEY, a INT, total INT AS (a + 2));
CREATE TABLE child (id INTEGER PRIMARY KEY, item INT REFERENCES item);
CREATE TABLE plain (id INTEGER PRIMARY KEY, a INT, total INT AS (a * 2));
SQL

expected=$(cat <<'TEXT'
ALTER TABLE item ADD COLUMN code;
DROP TABLE plain; -- due to schema mismatch
CREATE TABLE plain (id INTEGER PRIMARY KEY, a INT, total INT AS (a * 2));
-- afterwards:
CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT, price NUMERIC, code);
CREATE TABLE sum (id INTEGER PRIMARY KEY, a INT, total INT AS (a + 1));
CREATE TABLE child (id INTEGER PRIMARY KEY, item INT);
CREATE TABLE plain (id INTEGER PRIMARY KEY, a INT, total INT AS (a * 2));
|integer
x|text
TEXT
)

found=$(
  program sqldiff --schema old.db new.db | tee script.sql
  program sqlite3 old.db <script.sql
  echo "-- afterwards:"
  program sqldiff --schema old.db new.db
  program sqlite3 old.db .schema "INSERT INTO item (id, code) VALUES (1, 7)" "SELECT name, typeof(code) FROM item"
  program sqlite3 new.db "INSERT INTO item (id, code) VALUES (1, 7)" "SELECT name, typeof(code) FROM item"
) || true
echo "$found"
diff <(echo "$expected") <(echo "$found") >"$tmp/diff" || { echo "CHANGED:"; cat "$tmp/diff"; exit 1; }
