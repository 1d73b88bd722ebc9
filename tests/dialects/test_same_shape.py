"""The dialects have the same files and the same public functions for the same jobs, so that who knows one knows all."""

from __future__ import annotations

import inspect
from importlib import import_module
from pathlib import Path

import pytest

import pytest_schemadrift.dialects

HOME = Path(pytest_schemadrift.dialects.__file__).parent
DIALECTS = ("postgres", "mysql", "sqlite")

JOBS = {
    "capabilities": ["capabilities"],
    "catalog.ask": ["ask"],
    "catalog.dump": ["dump"],
    "catalog.queries": ["query"],
    "catalog.rows": ["ROWS"],
    "connection": ["connect", "connect_credentials", "wrap"],
    "dialect": ["connect_credentials"],
    "names": ["literal", "quote"],
    "read.alter": ["read_alter_table"],
    "read.builder": ["TableBuilder"],
    "read.expressions": ["key_of"],
    "read.script": ["parse", "split_script"],
    "read.table": ["read_column"],
    "read.tokens": ["tokenize"],
    "read.types": ["conversion"],
    "rights": ["missing_rights"],
    "row_counts": ["misfits", "size"],
    "sample": ["copy_rows"],
    "scratch": ["open_scratch"],
    "sequences": ["counters", "set_counter"],
    "server_info": ["DEFAULT_INFO", "read_server_info"],
    "session": ["be_patient"],
    "write.alter": ["alter_table"],
    "write.definitions": [
        *("check_definition", "column_definition", "create_table", "foreign_key_definition", "primary_key_definition"),
    ],
    "write.online": ["render_online"],
    "write.parts": ["PARTS"],
    "write.render": ["render"],
}
"""Module below a dialect -> the public names that it has in every dialect."""

ABSENT = {
    ("sqlite", "write.online"): "one lock for the whole file: no form of a change is friendlier than another",
    ("sqlite", "read.alter.read_alter_table"): "SQLite itself resolves a whole script with ALTER, in memory",
    ("sqlite", "write.alter.alter_table"): "ALTER TABLE takes one change; more of them are a rebuild",
}
"""The modules, and the functions of a module, that a dialect does not have, and why."""

ALIKE = {
    *("be_patient", "capabilities", "connect", "connect_credentials", "conversion", "copy_rows", "counters"),
    *(
        "literal",
        "misfits",
        "missing_rights",
        "open_scratch",
        "parse",
        "quote",
        "read_server_info",
        "render",
        "render_online",
        "set_counter",
        "size",
    ),
    *("split_script", "tokenize", "wrap"),
}
"""The functions that ``Dialect`` is made of: they have the same parameters everywhere."""


@pytest.mark.parametrize("job", JOBS)
@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_job_has_the_same_names_in_every_dialect(dialect: str, job: str) -> None:
    module = f"{pytest_schemadrift.dialects.__name__}.{dialect}.{job}"
    if (dialect, job) in ABSENT:
        path = HOME / dialect / job.replace(".", "/")
        assert not path.with_suffix(".py").exists(), f"{module} exists: take it out of ABSENT"
        return
    loaded = import_module(module)
    missing = [name for name in JOBS[job] if not hasattr(loaded, name)]
    absent = [name for name in JOBS[job] if (dialect, f"{job}.{name}") in ABSENT]
    assert missing == absent, f"{module} lacks {', '.join(missing)}"


@pytest.mark.parametrize("name", sorted(ALIKE))
def test_what_a_dialect_is_made_of_takes_the_same_arguments_everywhere(name: str) -> None:
    job = next(job for job, names in JOBS.items() if name in names)
    found = {}
    for dialect in DIALECTS:
        if (dialect, job) not in ABSENT:
            function = getattr(import_module(f"{pytest_schemadrift.dialects.__name__}.{dialect}.{job}"), name)
            found[dialect] = list(inspect.signature(function).parameters)
    assert len(set(map(tuple, found.values()))) == 1, found


def test_a_module_that_all_dialects_have_is_a_job() -> None:
    modules = [
        {
            str(path.relative_to(HOME / dialect).with_suffix("")).replace("/", ".")
            for path in (HOME / dialect).rglob("*.py")
        }
        for dialect in DIALECTS
    ]
    shared = {name.removesuffix(".__init__") for name in set.intersection(*modules)} - {"__init__"}
    assert shared - {"catalog", "read", "write"} == {job for job in JOBS if ("sqlite", job) not in ABSENT}
