"""The script's tables are there for the project's own tests too."""

import sqlite3


def test_the_script_was_loaded(schemadrift_databases):
    database = sqlite3.connect(schemadrift_databases["default"].url.removeprefix("sqlite://"))
    assert database.execute("SELECT count(*) FROM customers").fetchone() == (0,)
    database.close()
