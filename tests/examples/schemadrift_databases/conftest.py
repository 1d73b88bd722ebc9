"""The fixture hands out a URL and no connection, so that every test connects in the event loop that it runs in."""

import pytest
from shop.settings import TORTOISE_ORM


@pytest.fixture(scope="session")
def tortoise_config(schemadrift_databases):
    """The project's own configuration, with the database that was spun up in the place of the real one."""
    return {**TORTOISE_ORM, "connections": {"default": schemadrift_databases["default"].url}}
