"""Servers that take one connection of ours at a time: each is closed before the next, which the server may see late."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import parse_qs, quote, urlsplit

import pytest

from pytest_schemadrift.dialects.postgres.connection import connect
from pytest_schemadrift.errors import ConnectionFailed
from tests.apply.conftest import Shop
from tests.harness import as_role, run

SOCKET = ".s.PGSQL.5432"
NOTICES_AFTER = 0.3


@asynccontextmanager
async def with_room_for_one(url: str, folder: Path) -> AsyncIterator[str]:
    """The URL of a server in front of another one that counts a connection for a while after its end (PGlite)."""
    behind = Path(parse_qs(urlsplit(url).query)["host"][0]) / SOCKET
    taken = False

    async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            writer.write(data)
        writer.close()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal taken
        if taken:
            writer.close()
            return
        taken = True
        answers, asks = await asyncio.open_unix_connection(behind)
        await asyncio.gather(pump(reader, asks), pump(answers, writer), return_exceptions=True)
        await asyncio.sleep(NOTICES_AFTER)
        taken = False

    async with await asyncio.start_unix_server(serve, folder / SOCKET):
        yield f"{url.partition('?')[0]}?host={quote(str(folder))}"


@pytest.mark.postgres
@pytest.mark.tried("a server with room for one connection, which counts the last one for a while")
def test_a_connection_that_the_server_still_counts_is_waited_for(
    fresh_database: Callable[[str], str], tmp_path: Path
) -> None:
    async def work() -> None:
        async with with_room_for_one(fresh_database("postgres"), tmp_path) as url:
            first = await connect(url, 10)
            with pytest.raises(ConnectionFailed):  # at once: none of ours has ended
                await connect(url, 10)
            await first.close()
            second = await connect(url, 10)
            assert await second.fetch("SELECT 1") == [(1,)]
            await second.close()

    run(work())


@pytest.mark.postgres
@pytest.mark.slow
@pytest.mark.tried("a role that may have one connection")
def test_a_role_with_one_connection(shop: Callable[..., Shop]) -> None:
    project = shop("postgres", "ALTER TABLE author DROP COLUMN email")
    role = f"one_{time.time_ns()}"
    project.sql(f"CREATE ROLE {role} LOGIN CREATEDB CONNECTION LIMIT 1; GRANT ALL ON SCHEMA public TO {role}")
    owner = project.url
    project.sql(f"ALTER TABLE author OWNER TO {role}; ALTER TABLE book OWNER TO {role}")
    try:
        project.use(as_role(owner, role))
        settings = project.folder / "pyproject.toml"
        settings.write_text(settings.read_text() + 'scratch = "server"\n')
        found = project.run("check")
        assert found.returncode == 1, found.stdout + found.stderr
        assert "too many connections for role" in found.stdout, "why there is no scratch database"
        done = project.run("apply", "--yes", "--no-prove")
        assert done.returncode == 0, done.stdout + done.stderr
        assert "now: in sync" in done.stdout
        for verb in (["check"], ["migrate"], ["export"]):
            assert project.run(*verb).returncode == 0, verb
    finally:
        project.use(owner)
        project.sql(f"REASSIGN OWNED BY {role} TO CURRENT_USER; DROP OWNED BY {role}; DROP ROLE {role}")
