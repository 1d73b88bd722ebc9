"""A saved plan for a database that has moved since: what it would put back as it was then is not put back."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from tests.apply.conftest import Shop

MOVES = {
    "a right is taken away": (
        "REVOKE SELECT ON seen FROM {role}",
        "SELECT relacl::text FROM pg_class WHERE relname = 'seen'",
    ),
    "a policy is tightened": (
        "ALTER POLICY own ON book USING (false)",
        "SELECT pg_get_expr(polqual, polrelid) FROM pg_policy WHERE polname = 'own'",
    ),
    "a trigger is switched off": (
        "ALTER TABLE book DISABLE TRIGGER same",
        "SELECT tgenabled::text FROM pg_trigger WHERE tgname = 'same'",
    ),
}


@pytest.mark.postgres
@pytest.mark.tried("a saved plan after the database has moved")
def test_what_was_taken_away_meanwhile_does_not_come_back(shop: Callable[..., Shop]) -> None:
    """The plan makes a view, a policy and a trigger anew, with what they had when it was made."""
    role = f"reader_{time.time_ns()}"
    project = shop(
        "postgres",
        "INSERT INTO author (id, name) VALUES (1, 'a'); INSERT INTO book VALUES (1, 't', 3, 1);"
        "ALTER TABLE book ALTER pages TYPE int; CREATE VIEW seen AS SELECT id, pages FROM book;"
        f"CREATE ROLE {role}; GRANT SELECT ON seen TO {role}; CREATE POLICY own ON book USING (pages > 0);"
        "CREATE TRIGGER same BEFORE UPDATE OF pages ON book FOR EACH ROW"
        " EXECUTE FUNCTION suppress_redundant_updates_trigger();",
    )
    try:
        for move, question in MOVES.values():
            assert project.run("plan", "-o", "plan.json", "--no-prove").returncode in (0, 1)
            project.sql(move.format(role=role))
            moved = project.fetch(question)
            done = project.run("apply", "plan.json", "--yes")
            assert (done.returncode, "changed after the plan was made" in done.stderr) == (2, True), done.stderr
            assert project.fetch(question) == moved
        made = project.run("plan", "-o", "plan.json", "--allow-hazard", "REWRITES_TABLE")
        assert made.returncode == 0, made.stdout + made.stderr
        assert project.run("apply", "plan.json", "--yes").returncode == 0
        found = {what: project.fetch(question) for what, (_, question) in MOVES.items()}
        assert role not in str(found["a right is taken away"])
        assert found["a policy is tightened"] == [("false",)]
        assert found["a trigger is switched off"] == [("D",)]
    finally:
        project.sql(f"DROP OWNED BY {role}; DROP ROLE {role}")
