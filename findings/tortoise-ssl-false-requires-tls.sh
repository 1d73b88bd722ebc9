#!/usr/bin/env bash
# Tortoise: each value of ?ssl= in a URL asks for TLS, false, 0 and disable among them, and a server without it cannot be reached
#
# Version:   tortoise-orm==1.1.9 with asyncpg==0.32.0
# Behaviour: The text of the parameter is made a bool, and every text that is not empty is true, for PostgreSQL and
#            MySQL. A server that answers as PostgreSQL without TLS does is left with ?ssl=false and ?ssl=disable;
#            without the parameter the session begins without.
# Output:    ssl=True for false, 0, no, disable and prefer; with ssl=false and ssl=disable no session begins, without
#            the parameter one does
# Source:    run on that version; tortoise/backends/base/config_generator.py
set -euo pipefail

cannot() { echo "cannot be run here: $*" >&2; exit 2; }

tmp=$(mktemp -d /tmp/finding-XXXXXX)
trap 'rm -rf "$tmp"' EXIT
python3 -m venv "$tmp/venv" || cannot "python3 has no venv"
"$tmp/venv/bin/pip" install -q tortoise-orm==1.1.9 asyncpg==0.32.0 >"$tmp/log" 2>&1 || cannot "pip: $(tail -n 1 "$tmp/log")"

cat >"$tmp/look.py" <<'PYTHON'
import asyncio
import pathlib

from tortoise import Tortoise, connections
from tortoise.backends.base.config_generator import expand_db_url

pathlib.Path("models_of_shop.py").write_text(
    "from tortoise import Model, fields\nclass Item(Model):\n    id = fields.IntField(primary_key=True)\n"
)
ASKS_FOR_TLS = (80877103).to_bytes(4, "big")
heard = []


async def server(reader, writer):
    """As PostgreSQL without TLS answers; it hears no more than how a session begins."""
    try:
        for _ in range(2):
            said = await reader.readexactly(8)
            tls = said[4:] == ASKS_FOR_TLS
            heard.append("TLS is asked for" if tls else "a session begins")
            if not tls:
                break
            writer.write(b"N")
    except asyncio.IncompleteReadError:
        pass
    writer.close()


async def tried(more):
    heard.clear()
    async with await asyncio.start_server(server, "127.0.0.1", 0) as listening:
        port = listening.sockets[0].getsockname()[1]
        url = f"asyncpg://ann:secret@127.0.0.1:{port}/shop{more}"
        await Tortoise.init(db_url=url, modules={"models": ["models_of_shop"]})
        try:
            await connections.get("default").execute_query("SELECT 1")
        except Exception:
            pass
        await Tortoise.close_connections()
    return list(dict.fromkeys(heard))


for value in ("false", "0", "no", "disable", "prefer"):
    print(value, *(expand_db_url(f"{name}://u:p@h/d?ssl={value}")["credentials"]["ssl"] for name in ("asyncpg", "mysql")))
for more in ("", "?ssl=false", "?ssl=disable"):
    print(more or "no parameter", "->", ", ".join(asyncio.run(tried(more))))
PYTHON

expected=$(cat <<'TEXT'
false True True
0 True True
no True True
disable True True
prefer True True
no parameter -> TLS is asked for, a session begins
?ssl=false -> TLS is asked for
?ssl=disable -> TLS is asked for
TEXT
)

found=$(cd "$tmp" && venv/bin/python look.py 2>&1) || true
echo "$found"
diff <(echo "$expected") <(echo "$found") >"$tmp/diff" || { echo "CHANGED:"; cat "$tmp/diff"; exit 1; }
