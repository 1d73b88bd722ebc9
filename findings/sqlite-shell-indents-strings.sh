#!/usr/bin/env bash
# sqlite3: .schema --indent changes strings: several blanks become one, the blank before a parenthesis goes, and so a default and a CHECK are others
#
# Version:   the shell of SQLite 3.46.1 (Debian sqlite3 3.46.1-7+deb13u2)
# Behaviour: --indent takes blanks away without looking whether they are in a string or in a name in quotes. The text is
#            valid SQL, and the tables that it makes have other defaults, other checks and another name of a column; an
#            INSERT that the first database takes is refused by the second. .schema without --indent keeps them.
# Output:    what is printed, the row that both databases make of the default, and what the second says to a value
# Source:    run on that version
set -euo pipefail

cannot() { echo "cannot be run here: $*" >&2; exit 2; }

tmp=$(mktemp -d /tmp/finding-XXXXXX)
trap 'rm -rf "$tmp"' EXIT

# The package and all that it depends on, unpacked here with an apt that knows of no installed package.
package=sqlite3 version=3.46.1-7+deb13u2 suite=trixie
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

sqlite3() { "$loader" --library-path "$libraries" "$tmp/root/usr/bin/sqlite3" "$@" 2>&1; }
cd "$tmp"

sqlite3 one.db <<'SQL'
CREATE TABLE item (id INTEGER PRIMARY KEY, form TEXT DEFAULT 'no  (yet', kind TEXT CHECK (kind IN ('a  b', 'c (d')), "two  words" INT);
SQL
sqlite3 one.db '.schema --indent' >indented.sql
sqlite3 two.db <indented.sql

expected=$(cat <<'TEXT'
CREATE TABLE item(
  id INTEGER PRIMARY KEY,
  form TEXT DEFAULT 'no(yet', kind TEXT CHECK(kind IN('a b', 'c(d')), "two words" INT);
1|no  (yet|c (d
1|no(yet|c(d
Error: stepping, CHECK constraint failed: kind IN('a b', 'c(d') (19)
TEXT
)
found=$(
  cat indented.sql
  sqlite3 one.db "INSERT INTO item (kind) VALUES ('c (d'); SELECT id, form, kind FROM item"
  sqlite3 two.db "INSERT INTO item (kind) VALUES ('c(d'); SELECT id, form, kind FROM item"
  sqlite3 two.db "INSERT INTO item (kind) VALUES ('c (d')"
) || true
echo "$found"
diff <(echo "$expected") <(echo "$found") >"$tmp/diff" || { echo "CHANGED:"; cat "$tmp/diff"; exit 1; }
