#!/usr/bin/env bash
# MySQL: a unique key over a column and an expression is one over the column alone in KEY_COLUMN_USAGE, and Django makes a prefix a unique column
#
# Version:   MySQL 9.7.4 (Debian 9.7.4-2), Django==5.2.19
# Behaviour: information_schema.KEY_COLUMN_USAGE lists the columns of a key and passes over its expressions: UNIQUE
#            (shop, (lower(name))) has the one row `shop`, as UNIQUE (shop) would, UNIQUE ((lower(name))) has none
#            although TABLE_CONSTRAINTS names it, and the length of UNIQUE (code(3)) is not there at all. Only
#            STATISTICS has the expression and the length. inspectdb writes unique=True for the prefix: a model for
#            which 'abcd' and 'abce' are two values where the table takes one of them.
# Output:    what the three tables of information_schema say, what INSERT takes and refuses, the fields that inspectdb
#            writes
# Source:    run on that version
set -euo pipefail

cannot() { echo "cannot be run here: $*" >&2; exit 2; }

tmp=$(mktemp -d /tmp/finding-XXXXXX) server=
stop() { [ -z "$server" ] || { kill -KILL "$server" && wait "$server"; } 2>/dev/null || true; server=; }
trap 'stop; rm -rf "$tmp"' EXIT

python3 -m venv "$tmp/venv" || cannot "python3 has no venv"
"$tmp/venv/bin/pip" install -q PyMySQL==1.2.4 Django==5.2.19 >"$tmp/log" 2>&1 || cannot "pip: $(tail -n 1 "$tmp/log")"

# The package and all that it depends on, unpacked here with an apt that knows of no installed package.
package=mysql-server-core version=9.7.4-2 suite=sid
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

run=("$loader" --library-path "$libraries:$tmp/root/usr/lib/mysql/private" "$tmp/root/usr/sbin/mysqld" --no-defaults
  --basedir="$tmp/root/usr" --lc-messages-dir="$tmp/root/usr/share/mysql" --datadir="$tmp/data" --mysqlx=OFF --secure-file-priv=)
if [ "$(id -u)" = 0 ]; then run=(setpriv --reuid=nobody --regid=nogroup --clear-groups "${run[@]}"); chown nobody "$tmp"; fi
"${run[@]}" --initialize-insecure >"$tmp/log" 2>&1 || cannot "server: $(tail -n 1 "$tmp/log")"
"${run[@]}" --socket="$tmp/socket" --pid-file="$tmp/pid" --skip-networking >"$tmp/log" 2>&1 & server=$!
for _ in $(seq 300); do [ -S "$tmp/socket" ] && break; sleep 0.1; done
[ -S "$tmp/socket" ] || cannot "server: $(tail -n 1 "$tmp/log")"

cat >"$tmp/look.py" <<'PYTHON'
import io
import sys

import pymysql

connection = pymysql.connect(unix_socket=sys.argv[1], user="root", autocommit=True)


def run(*statements):
    for statement in statements:
        with connection.cursor() as cursor:
            try:
                cursor.execute(statement)
            except pymysql.MySQLError as error:
                print("ERROR", *error.args)
                continue
            for row in cursor.fetchall():
                print("  ", *row)


run(
    "CREATE DATABASE shop",
    "USE shop",
    """CREATE TABLE item (id int PRIMARY KEY, shop int, name varchar(20), code varchar(20),
        UNIQUE KEY in_shop (shop, (lower(name))), UNIQUE KEY by_name ((lower(name))), UNIQUE KEY by_code (code(3)))""",
)
for table, columns in {
    "TABLE_CONSTRAINTS": "constraint_name",
    "KEY_COLUMN_USAGE": "constraint_name, column_name, ordinal_position",
    "STATISTICS": "index_name, column_name, sub_part, expression",
}.items():
    print(table)
    run(f"SELECT {columns} FROM information_schema.{table} WHERE table_schema = 'shop' AND table_name = 'item' ORDER BY 1")
run(
    "INSERT INTO item VALUES (1, 1, 'a', 'abcd'), (2, 1, 'b', 'b')",
    "INSERT INTO item VALUES (3, 2, 'c', 'abce')",
)

pymysql.install_as_MySQLdb()
pymysql.version_info = (2, 2, 7, "final", 0)
from django.conf import settings  # noqa: E402

settings.configure(DATABASES={"default": {
    "ENGINE": "django.db.backends.mysql", "NAME": "shop", "USER": "root", "OPTIONS": {"unix_socket": sys.argv[1]},
}})
import django  # noqa: E402
from django.core.management import call_command  # noqa: E402

django.setup()
text = io.StringIO()
call_command("inspectdb", "item", stdout=text)
print(*(line for line in text.getvalue().splitlines() if " = models." in line), sep="\n")
PYTHON

expected=$(cat <<'TEXT'
TABLE_CONSTRAINTS
   by_code
   by_name
   in_shop
   PRIMARY
KEY_COLUMN_USAGE
   by_code code 1
   in_shop shop 1
   PRIMARY id 1
STATISTICS
   by_code code 3 None
   by_name None None lower(`name`)
   in_shop shop None None
   in_shop None None lower(`name`)
   PRIMARY id None None
ERROR 1062 Duplicate entry 'abc' for key 'item.by_code'
    id = models.IntegerField(primary_key=True)
    shop = models.IntegerField(blank=True, null=True)
    name = models.CharField(max_length=20, blank=True, null=True)
    code = models.CharField(unique=True, max_length=20, blank=True, null=True)
TEXT
)

found=$("$tmp/venv/bin/python" "$tmp/look.py" "$tmp/socket" 2>&1) || true
echo "$found"
diff <(echo "$expected") <(echo "$found") >"$tmp/diff" || { echo "CHANGED:"; cat "$tmp/diff"; exit 1; }
