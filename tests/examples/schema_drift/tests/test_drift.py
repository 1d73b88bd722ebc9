"""Hand-written tests that ask for the drift of a connection themselves; no option is needed."""

import asyncio

import pytest


def test_the_migrations_are_complete(schema_drift):
    schema_drift.check("default").assert_none()


def test_no_migration_is_to_delete_anything(schema_drift):
    drift = schema_drift.check()
    assert not [step for step in drift.steps if "DELETES_DATA" in step.hazards]
    assert drift.source == "migrations"


def test_it_may_be_asked_inside_of_a_running_loop(schema_drift):
    async def story():
        schema_drift.check("default").assert_none()

    asyncio.run(story())


def test_a_misspelt_connection(schema_drift):
    with pytest.raises(Exception, match="there is no connection 'defualt'"):
        schema_drift.check("defualt")
