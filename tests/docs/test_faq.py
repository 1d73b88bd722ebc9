"""Every answer of docs/faq.md that says how something behaves is carried out: by a page that is run, or by a test."""

from __future__ import annotations

import re

import pytest

from tests.docs.pages import DOCS, ROOT, all_pages

QUESTIONS = re.findall(r"^\*\*(.+?)\*\*", (DOCS / "faq.md").read_text("utf-8"), re.MULTILINE)

SHOWN: dict[str, tuple[str, ...]] = {
    "Does it look at my migrations or at the live database?": (
        "tests/commands/test_looks.py::test_where_auto_chose_something_else_the_report_says_that_nobody_looked_at_the_database",
    ),
    "No MySQL or PostgreSQL server could be found.": (
        "tests/servers/test_servers.py::test_what_was_tried_is_named",
        "tests/commands/test_doctor.py::test_what_would_not_be_found_for_tests_is_marked",
    ),
    "My role may not create databases.": (
        "tests/safety/test_scratch_elsewhere.py::test_it_is_settled_and_proven_on_a_server_of_the_same_version",
        "tests/safety/test_scratch_elsewhere.py::test_on_the_server_alone_it_says_the_statement_that_would_help",
        "docs/safety.md",
    ),
    "It says that a default or a table is extra, and I want it there.": (
        "tests/cases/models/extra-default-is-a-warning",
        "tests/cases/models/extra-default-fails",
        "tests/cases/models/unmanaged-table-stays",
    ),
    "It wants to drop my index.": (
        "tests/safety/test_safe_mode.py::test_what_was_made_by_hand_stays_until_it_is_allowed_to_go",
        "docs/accepting.md",
    ),
    "It wants to drop a column and to add another, and I renamed it.": ("docs/tutorial.md",),
    "I have several schemas, several databases, a database for each customer.": (
        "docs/recipes/several-databases.md",
        "docs/recipes/tenants.md",
    ),
    "The settings module wants an environment variable.": ("docs/errors.md",),
    "My packages are below `src`.": (
        "tests/test_config.py::test_a_project_below_src_is_found_where_it_is_not_installed",
    ),
    "I run it in a subfolder.": ("tests/test_config.py::test_a_project_is_found_from_its_folders",),
    "After an upgrade of Tortoise everything differs.": (
        "tests/live/test_no_false_drift.py::test_a_database_of_an_old_tortoise_has_extra_defaults_and_no_drift",
    ),
    "I cannot install it beside my ORM.": (
        "docs/without-models.md",
        "tests/packaging/test_wheel.py::test_two_databases_are_compared_beside_a_project_that_cannot_be_imported",
    ),
    "A pooler stands before my database (PgBouncer).": (
        "tests/dialects/postgres/test_pooler.py::test_tenants_in_schemas",
        "tests/dialects/postgres/test_pooler.py::test_a_plan_of_several_transactions_is_refused_before_its_first_statement",
    ),
    "My database runs in Docker.": (
        "docs/recipes/docker-compose.md",
        "tests/servers/test_docker.py::test_a_container_serves_and_is_gone_afterwards",
    ),
    "Defaults with a time differ only by hours.": (
        "tests/safety/test_settings.py::test_a_timestamp_is_in_the_zone_of_the_session",
        "tests/safety/test_settings.py::test_a_project_has_tortoises_zone_whatever_the_servers_is",
    ),
    "I use a type of an extension (PostGIS, pgvector, citext).": (
        "tests/safety/test_types_and_extensions.py::test_an_extension_that_is_needed_and_cannot_be_had",
    ),
    "What about views, triggers, functions?": (
        "tests/cases/rebuild/view-stays",
        "tests/cases/rebuild/trigger-stays",
        "tests/cases/columns/view-in-the-way",
    ),
    "My role may only read.": (
        "docs/safety.md",
        "tests/commands/test_doctor.py::test_a_missing_right_has_the_statement_that_gives_it",
        "tests/commands/test_doctor.py::test_missing_rights_of_an_account",
    ),
    "After an upgrade of the database server.": (
        "tests/sources/test_snapshot.py::test_every_interpreter_writes_the_same",
        "tests/sources/test_snapshot.py::test_snapshot_and_live_are_compared_by_the_server",
    ),
    "How do I report a bug?": ("tests/commands/test_doctor.py::test_what_would_not_be_found_for_tests_is_marked",),
}
"""What shows each answer: a page whose commands are run, a golden case, or a test."""

NO_BEHAVIOUR = {"What does it not look at?": "it names a page"}

RUN = {page.name for page in all_pages() if any(block.language == "console" for block in page.blocks)}


def test_every_question_is_shown() -> None:
    assert set(QUESTIONS) == {*SHOWN, *NO_BEHAVIOUR}


@pytest.mark.parametrize("question", SHOWN)
def test_what_shows_an_answer_is_there(question: str) -> None:
    for shown in SHOWN[question]:
        path, _, test = shown.partition("::")
        if test:
            assert f"def {test}(" in (ROOT / path).read_text("utf-8"), shown
        elif path.startswith("docs/"):
            assert path in RUN, f"{path} runs no command"
        else:
            assert list((ROOT / path).glob("expected.*")), shown
