#!/usr/bin/env bash
# PostgreSQL: 17.12 writes an option into every column of every new table, which pg_dump leaves out and whoever compares sees
#
# Version:   PostgreSQL 17.12 (Debian 17.12-0+deb13u1); not in 16.14, 18.4 and 19rc1
# Behaviour: pg_attribute.attoptions, where n_distinct is, is NULL in a new table of the other versions. Here it has a
#            pg_attver, which CREATE TABLE, ADD COLUMN and a change of type set anew, in steps like those of the log. Two
#            tables made by one text differ in it, RESET of it is taken and does nothing, SET of another value is taken
#            and ignored, and pg_dump leaves it out. Whoever copies or compares attoptions copies and compares it.
# Output:    all four columns have one, two tables of one text have two values, RESET and SET leave them, a change of
#            type makes a new one, and pg_dump names none
# Source:    run on that version
set -euo pipefail

cannot() { echo "cannot be run here: $*" >&2; exit 2; }

tmp=$(mktemp -d /tmp/finding-XXXXXX) server=
stop() { [ -z "$server" ] || { kill -QUIT "$server" && wait "$server"; } 2>/dev/null || true; server=; }
trap 'stop; rm -rf "$tmp"' EXIT

# The package and all that it depends on, unpacked here with an apt that knows of no installed package.
package=postgresql-17 version=17.12-0+deb13u1 suite=trixie
command -v apt-get dpkg >/dev/null || cannot "the server comes from Debian's packages: apt-get and dpkg are needed"
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

# initdb starts postgres by its path: each program becomes a script that calls it with its own loader and libraries.
bin="$tmp/root/usr/lib/postgresql/17/bin"
mkdir "$bin.real"
for program in initdb postgres psql pg_dump pg_isready; do
  mv "$bin/$program" "$bin.real/$program"
  printf '#!/bin/sh\nexec "%s" --library-path "%s" --argv0 "$0" "%s" "$@"\n' "$loader" "$libraries" "$bin.real/$program" >"$bin/$program"
  chmod +x "$bin/$program"
done

unprivileged=()  # the server refuses to run as root
if [ "$(id -u)" = 0 ]; then unprivileged=(setpriv --reuid=nobody --regid=nogroup --clear-groups); chown nobody "$tmp"; fi
"${unprivileged[@]}" "$bin/initdb" -D "$tmp/data" -U postgres --auth=trust --no-sync --no-locale -E UTF8 >"$tmp/log" 2>&1 ||
  cannot "server: $(tail -n 1 "$tmp/log")"
"${unprivileged[@]}" "$bin/postgres" -D "$tmp/data" -k "$tmp" -c listen_addresses= -c fsync=off >"$tmp/log" 2>&1 & server=$!
for _ in $(seq 100); do "$bin/pg_isready" -q -h "$tmp" && break; sleep 0.1; done
"$bin/pg_isready" -q -h "$tmp" || cannot "server: $(tail -n 1 "$tmp/log")"

expected=$(cat <<'TEXT'
columns with an option: 4 of 4
different values in two tables of one text: 2
after RESET: 4 of 4
after SET (pg_attver = 3): value 3 in 0
after a change of type: a new value
in pg_dump: 0
TEXT
)

found=$(
  "$bin/psql" -X -q -A -t -h "$tmp" -U postgres -d postgres 2>&1 <<'SQL' || true
CREATE TABLE one (a int, b int);
CREATE TABLE two (a int, b int);
CREATE VIEW seen AS SELECT attrelid::regclass::text AS t, attname, attoptions::text AS o FROM pg_attribute
 WHERE attrelid IN ('one'::regclass, 'two'::regclass) AND attnum > 0;
SELECT 'columns with an option: ' || count(*) FILTER (WHERE o LIKE '%pg_attver=%') || ' of ' || count(*) FROM seen;
SELECT 'different values in two tables of one text: ' || count(DISTINCT o) FROM seen;
ALTER TABLE one ALTER a RESET (pg_attver);
SELECT 'after RESET: ' || count(*) FILTER (WHERE o LIKE '%pg_attver=%') || ' of ' || count(*) FROM seen;
ALTER TABLE one ALTER a SET (pg_attver = 3);
SELECT 'after SET (pg_attver = 3): value 3 in ' || count(*) FROM seen WHERE o = '{pg_attver=3}';
CREATE TEMP TABLE before AS SELECT * FROM seen;
ALTER TABLE one ALTER b TYPE bigint;
SELECT 'after a change of type: ' || CASE WHEN s.o <> b.o THEN 'a new value' ELSE 'the same' END
  FROM seen s JOIN before b USING (t, attname) WHERE t = 'one' AND attname = 'b';
SQL
  echo "in pg_dump: $("$bin/pg_dump" -h "$tmp" -U postgres postgres | grep -c pg_attver || true)"
)
echo "$found"
diff <(echo "$expected") <(echo "$found") >"$tmp/diff" || { echo "CHANGED:"; cat "$tmp/diff"; exit 1; }
