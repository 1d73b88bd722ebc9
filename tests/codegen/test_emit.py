"""What is laid out here, ruff would lay out the same."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from pytest_schemadrift.codegen.emit import Call, Items, Node, assignment, flat, string

TEXTS = st.text("ab 'ü\"\\\n\t\x1f表é{}", max_size=90)
NAMES = st.sampled_from(("x", "fields.CharField", "a_rather_long_name_of_a_function_in_some_module", "SqlConstraint"))
NODES: st.SearchStrategy[Node] = st.recursive(
    TEXTS.map(string) | NAMES,
    lambda inner: (
        st.builds(
            Call,
            NAMES,
            st.lists(inner, max_size=2).map(tuple),
            st.lists(
                st.tuples(st.sampled_from(("name", "source_field", "null")), inner),
                max_size=2,
                unique_by=lambda p: p[0],
            ).map(tuple),
        )
        | st.builds(Items, st.lists(inner, min_size=1, max_size=4).map(tuple))
    ),
    max_leaves=6,
)


@given(TEXTS)
def test_a_string_means_what_it_was(text: str) -> None:
    assert ast.literal_eval(string(text)) == text


@pytest.mark.processes
@given(st.lists(st.tuples(NAMES, NODES), min_size=20, max_size=60))
@settings(max_examples=8, deadline=None, phases=[Phase.explicit, Phase.generate])  # a process each
def test_ruff_has_nothing_to_change(statements: list[tuple[str, Node]]) -> None:
    lines = [line for target, value in statements for line in assignment(target.replace(".", "_"), value)]
    text = "\n".join(lines) + "\n"
    assert ast.dump(ast.parse(text)) == ast.dump(
        ast.parse("\n".join(f"{t.replace('.', '_')} = {flat(v)}" for t, v in statements))
    )
    assert formatted(text) == text


def formatted(text: str) -> str:
    """What ``ruff format`` makes of it with its own settings."""
    ruff = Path(sys.executable).with_name("ruff")
    command = [str(ruff), "format", "--isolated", "--stdin-filename", "models.py", "-"]
    done = subprocess.run(command, input=text, capture_output=True, text=True, check=True, encoding="utf-8")
    return done.stdout
