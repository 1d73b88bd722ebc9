#!/usr/bin/env bash
# sqlite3: .clone copies no row of a table with a generated column and ends with 0, and what .mode insert writes of one cannot be read in
#
# Version:   the shell of SQLite 3.46.1 (Debian sqlite3 3.46.1-7+deb13u2)
# Behaviour: .clone copies rows by position with all columns that SELECT * has. Of a table with a generated column it
#            copies none, says so on stderr once, ends the line with done, and the exit code with 0; rows that refer to
#            it are copied. .dump, .backup and .recover leave the column out and keep the rows. .mode insert writes it,
#            too, so that its statements cannot be run (VALUES has one too many), while .import takes a file without it.
# Output:    what .clone says, the rows of the copy, its checks; what .mode insert writes, and what becomes of it
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

sqlite3 shop.db <<'SQL'
CREATE TABLE item (id INTEGER PRIMARY KEY, price INT, twice INT GENERATED ALWAYS AS (price * 2) VIRTUAL);
CREATE TABLE part (id INTEGER PRIMARY KEY, item INT REFERENCES item);
INSERT INTO item (price) VALUES (1), (2);
INSERT INTO part VALUES (1, 1);
SQL

expected=$(cat <<'TEXT'
item... Error 1: table item has 2 columns but 3 values were supplied on [INSERT OR IGNORE INTO "item" VALUES(?,?,?);]
done
part... done
exit code 0
0
1
ok
part|1|item|0
INSERT INTO item VALUES(1,1,2);
INSERT INTO item VALUES(2,2,4);
Parse error near line 1: table item has 2 columns but 3 values were supplied
Parse error near line 2: table item has 2 columns but 3 values were supplied
3,5,10
TEXT
)

found=$(
  sqlite3 shop.db ".clone copy.db" && echo "exit code $?"
  sqlite3 copy.db "SELECT count(*) FROM item" "SELECT count(*) FROM part" "PRAGMA integrity_check" "PRAGMA foreign_key_check"
  sqlite3 shop.db ".mode insert item" "SELECT * FROM item" | tee rows.sql
  sqlite3 shop.db "DELETE FROM item" ".read rows.sql" "SELECT count(*) FROM item" || true
  echo 3,5 >rows.csv
  sqlite3 shop.db ".mode csv" ".import rows.csv item" "SELECT * FROM item" || true
) || true
echo "$found"
diff <(echo "$expected") <(echo "$found") >"$tmp/diff" || { echo "CHANGED:"; cat "$tmp/diff"; exit 1; }
