#!/usr/bin/env bash
# ora2pg: of an Oracle script ON DELETE CASCADE becomes NO ACTION, a comment ends at its semicolon, and the word SYSDATE in a string is code
#
# Version:   ora2pg 23.2 (Debian ora2pg 23.2-1), with the configuration that comes with it
# Behaviour: ora2pg -t TABLE -i script.sql writes for PostgreSQL. A foreign key in CREATE TABLE loses its ON DELETE, be it
#            CASCADE or SET NULL, and says NO ACTION; the same key in ALTER TABLE keeps it. DEFAULT 'on SYSDATE', a string,
#            is another string, 'on statement_timestamp()'. COMMENT … IS 'today; or never' is the comment 'today'.
#            TIMESTAMP WITH TIME ZONE loses its zone, NUMBER(5,-2), which rounds to hundreds, is an integer that does
#            not, and the exact NUMBER(12,2) a double precision, while BINARY_DOUBLE becomes the exact numeric.
# Output:    the statements that it writes; it exits with 0
# Source:    run on that version
set -euo pipefail

cannot() { echo "cannot be run here: $*" >&2; exit 2; }

tmp=$(mktemp -d /tmp/finding-XXXXXX)
trap 'rm -rf "$tmp"' EXIT

# The package and all that it depends on, unpacked here with an apt that knows of no installed package.
package=ora2pg version=23.2-1 suite=bookworm
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
libraries=$(find "$tmp"/root/{,usr/}lib -maxdepth 1 -name "*-linux-gnu" | paste -sd:)
loader=$(find "$tmp"/root/{,usr/}lib* -name "ld-linux*.so.*" | head -n 1)

export PERL5LIB
PERL5LIB=$(find "$tmp/root/usr/share/perl5" "$tmp"/root/usr/{share/perl,lib/*/perl}/5.* "$tmp"/root/usr/lib/*/{perl5/5.*,perl-base} -maxdepth 0 2>/dev/null | paste -sd:) || true
program() { local name=$1; shift; "$loader" --library-path "$libraries" "$tmp/root/usr/bin/perl" "$tmp/root/usr/bin/$name" "$@" 2>&1; }
cd "$tmp"

cat >script.sql <<'SQL'
CREATE TABLE PRICES (
  ID NUMBER(10) PRIMARY KEY,
  NOTE VARCHAR2(30) DEFAULT 'on SYSDATE' NOT NULL,
  AT_ TIMESTAMP(6) WITH TIME ZONE NOT NULL,
  HUNDREDS NUMBER(5,-2),
  AMOUNT NUMBER(12,2),
  FACTOR BINARY_DOUBLE
);
COMMENT ON COLUMN PRICES.NOTE IS 'today; or never';
CREATE TABLE CHILD (
  P NUMBER(10) REFERENCES PRICES (ID) ON DELETE CASCADE,
  Q NUMBER(10),
  R NUMBER(10),
  CONSTRAINT FKQ FOREIGN KEY (Q) REFERENCES PRICES (ID) ON DELETE SET NULL
);
ALTER TABLE CHILD ADD CONSTRAINT FKR FOREIGN KEY (R) REFERENCES PRICES (ID) ON DELETE CASCADE;
SQL

expected=$(cat <<'TEXT'
CREATE TABLE prices (
	id bigint,
	note varchar(30) NOT NULL DEFAULT 'on statement_timestamp()',
	at_ timestamp NOT NULL,
	hundreds integer,
	amount double precision,
	factor numeric
) ;
COMMENT ON COLUMN prices.note IS E'today';
ALTER TABLE prices ADD PRIMARY KEY (id);
CREATE TABLE child (
	p bigint,
	q bigint,
	r bigint
) ;
ALTER TABLE child ADD CONSTRAINT fkr FOREIGN KEY (R) REFERENCES PRICES (ID) ON DELETE CASCADE;
ALTER TABLE child ADD CONSTRAINT fkq FOREIGN KEY (q) REFERENCES prices(id) ON DELETE NO ACTION INITIALLY IMMEDIATE;
ALTER TABLE child ADD CONSTRAINT o2pf_p FOREIGN KEY (p) REFERENCES prices(id) ON DELETE NO ACTION INITIALLY IMMEDIATE;
TEXT
)

program ora2pg -c "$(find "$tmp/root/etc/ora2pg" -name 'ora2pg.conf*' | head -n 1)" -t TABLE -i script.sql -b "$tmp" -o made.sql >"$tmp/log" || cannot "ora2pg: $(tail -n 1 "$tmp/log")"
[ -s made.sql ] || cannot "ora2pg: $(tail -n 1 "$tmp/log")"
found=$(grep -v '^--\|^$\|^.set\|^SET' made.sql)
echo "$found"
diff <(echo "$expected") <(echo "$found") >"$tmp/diff" || { echo "CHANGED:"; cat "$tmp/diff"; exit 1; }
