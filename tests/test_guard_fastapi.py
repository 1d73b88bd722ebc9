"""The guard in a FastAPI application, whose lifespan a server runs: beside each way that Tortoise is set up there."""

from __future__ import annotations

import asyncio
import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from tortoise import Tortoise, fields
from tortoise.contrib.fastapi import RegisterTortoise, register_tortoise
from tortoise.models import Model

from pytest_schemadrift.errors import Drifted
from pytest_schemadrift.guard import guarded, schema_guard
from tests.harness import run


class Parcel(Model):
    id = fields.IntField(primary_key=True)
    town = fields.CharField(max_length=50)

    class Meta:
        table = "parcels"


MODULES = {"models": [__name__]}
DRIFT = "ALTER TABLE parcels RENAME COLUMN town TO city"


@pytest.fixture
def url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A database with the tables of the models, and a row."""
    monkeypatch.chdir(tmp_path)
    url = f"sqlite://{tmp_path / 'parcels.sqlite3'}"

    async def prepare() -> None:
        await Tortoise.init(db_url=url, modules=MODULES)
        await Tortoise.generate_schemas()
        await Parcel.create(town="Ulm")
        await Tortoise.close_connections()

    run(prepare())
    return url


def with_register_tortoise(url: str) -> FastAPI:
    """As docs/guard.md shows it."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with RegisterTortoise(app, db_url=url, modules=MODULES):
            await schema_guard()
            yield

    return FastAPI(lifespan=lifespan)


def with_guarded(url: str) -> FastAPI:
    """Around a lifespan that is there already."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with RegisterTortoise(app, db_url=url, modules=MODULES):
            yield

    return FastAPI(lifespan=guarded(lifespan))


def with_the_function(url: str) -> FastAPI:
    """Beside ``register_tortoise``, which sets Tortoise up before the lifespan of the application begins."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        await schema_guard()
        yield

    app = FastAPI(lifespan=lifespan)
    register_tortoise(app, db_url=url, modules=MODULES)
    return app


@asynccontextmanager
async def served(app: FastAPI) -> AsyncIterator[Callable[[str], Any]]:
    """The application as a server runs it: lifespan in a task of its own, and requests by ASGI."""
    come: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    gone: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    living = asyncio.ensure_future(app({"type": "lifespan", "asgi": {"version": "3.0"}}, come.get, gone.put))

    async def get(path: str) -> Any:
        said: list[dict[str, Any]] = []

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: dict[str, Any]) -> None:
            said.append(message)

        scope = {"type": "http", "method": "GET", "path": path, "query_string": b"", "headers": []}
        await app(scope, receive, send)
        return json.loads(b"".join(message.get("body", b"") for message in said))

    await come.put({"type": "lifespan.startup"})
    started = await gone.get()
    if started["type"] == "lifespan.startup.failed":
        await living
        raise AssertionError("it failed and raised nothing")
    yield get
    await come.put({"type": "lifespan.shutdown"})
    assert (await gone.get())["type"] == "lifespan.shutdown.complete"
    await living


@pytest.mark.parametrize("made", [with_register_tortoise, with_guarded, with_the_function])
def test_an_application_starts_or_is_refused(url: str, made: Callable[[str], FastAPI]) -> None:
    async def towns() -> Any:
        app = made(url)

        @app.get("/towns")
        async def towns() -> list[str]:
            return [parcel.town for parcel in await Parcel.all()]

        async with served(app) as get:
            return await get("/towns")

    assert run(towns()) == ["Ulm"]
    with sqlite3.connect(url.removeprefix("sqlite://")) as connection:
        connection.execute(DRIFT)
    connection.close()
    with pytest.raises(Drifted, match=r"parcels\.town"):
        run(towns())


APPLICATION = """
from contextlib import asynccontextmanager

from fastapi import FastAPI
from tortoise import fields
from tortoise.contrib.fastapi import RegisterTortoise
from tortoise.models import Model

from pytest_schemadrift.guard import schema_guard


class Parcel(Model):
    id = fields.IntField(primary_key=True)
    town = fields.CharField(max_length=50)

    class Meta:
        table = "parcels"


@asynccontextmanager
async def lifespan(app):
    async with RegisterTortoise(app, db_url="sqlite://parcels.sqlite3", modules={"models": [__name__]}):
        await schema_guard()
        yield


app = FastAPI(lifespan=lifespan)
"""


@pytest.mark.processes
def test_a_server_does_not_listen_where_the_start_is_refused(url: str, tmp_path: Path) -> None:
    with sqlite3.connect(url.removeprefix("sqlite://")) as connection:
        connection.execute(DRIFT)
    connection.close()
    (tmp_path / "parcels_app.py").write_text(APPLICATION)
    done = subprocess.run(
        [sys.executable, "-m", "uvicorn", "parcels_app:app", "--port", "0"],
        cwd=tmp_path,
        env=os.environ,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 3, "what uvicorn ends with where a lifespan fails"
    assert "SD201 column parcels.town" in done.stderr
    assert "Uvicorn running on" not in done.stderr
