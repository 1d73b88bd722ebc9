"""The tables are made by a script of the database team: is that what the models expect?"""

import sqlite3
from pathlib import Path

import pytest

SCHEMA = Path(__file__).with_name("schema.sql")


@pytest.fixture(scope="session")
def schemadrift_prepare():
    async def prepare(connection: str, url: str) -> None:
        database = sqlite3.connect(url.removeprefix("sqlite://"))
        database.executescript(SCHEMA.read_text())
        database.close()

    return prepare
