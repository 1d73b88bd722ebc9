"""What the pages show of files is right: workflows by their own schemas, settings by ours, Python by its grammar."""

from __future__ import annotations

import ast
import json
import re
import shlex
import tomllib
from collections.abc import Iterator
from fnmatch import fnmatch
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from ruamel.yaml import YAML

from pytest_schemadrift.cli import cli, hoisted
from pytest_schemadrift.core.config.settings import load_settings
from tests.docs.pages import ROOT, Block, all_pages
from tests.test_docs import GENERATE

SCHEMAS = {
    "*.github/workflows/*.yml": "github-workflows",
    "*.gitlab-ci.yml": "gitlab-ci",
    "compose.yaml": "compose-spec",
}
"""The schema of a file, by its title."""
HOOKS = ".pre-commit-config.yaml"


def blocks(*languages: str) -> list[Any]:
    return [
        pytest.param(block, id=f"{page.name}:{block.line}")
        for page in all_pages()
        for block in page.blocks
        if block.language in languages
    ]


@pytest.mark.parametrize("block", blocks("yaml", "yml"))
def test_yaml_is_valid_by_the_schema_of_its_file(block: Block) -> None:
    found = YAML(typ="safe").load(block.text)
    if block.title == HOOKS:
        ours = {hook["id"] for hook in YAML(typ="safe").load((ROOT / ".pre-commit-hooks.yaml").read_text())}
        assert all(hook["id"] in ours for entry in found["repos"] for hook in entry["hooks"])
        return
    if "receivers" in found:
        return  # OpenTelemetry's Collector has no schema; a test of the watch holds what it says of our lines
    names = [name for pattern, name in SCHEMAS.items() if fnmatch(block.title, pattern)]
    assert names, f"nobody knows the schema of {block.title!r}"
    place = files("check_jsonschema").joinpath("builtin_schemas", "vendor", f"{names[0]}.json")
    schema = json.loads(place.read_text("utf-8"))
    jsonschema.validators.validator_for(schema)(schema).validate(found)
    for command in commands_in(found):
        assert_understood(command)


def commands_in(found: object) -> Iterator[str]:
    """What a workflow runs."""
    if isinstance(found, dict):
        for key, value in found.items():
            if key in ("run", "command", "script", "before_script"):
                lines = [value] if isinstance(value, str) else value if isinstance(value, list) else []
                yield from (line for text in lines for line in text.splitlines())
            yield from commands_in(value)
    elif isinstance(found, list):
        for value in found:
            yield from commands_in(value)


def assert_understood(command: str) -> None:
    """A command of ours has only options that exist; what pip installs of us exists too."""
    words = shlex.split(command, comments=True)
    match words[:1]:
        case ["schemadrift"]:
            cli.main([*hoisted(words[1:]), "--help"], standalone_mode=False)  # refuses what it does not know
        case ["pytest"]:
            options = [word.partition("=")[0] for word in words if word.startswith("--schema-drift")]
            assert set(options) <= {name for name, _ in GENERATE.declared_to_pytest().options}, command
        case ["pip"]:
            extras = re.findall(r"pytest-schemadrift\[([\w,]+)\]", command)
            known = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
            assert all(extra in known for found in extras for extra in found.split(","))


@pytest.mark.parametrize("block", blocks("toml"))
def test_toml_has_only_settings_that_exist(block: Block, tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(block.text)
    tomllib.loads(block.text)
    load_settings(tmp_path)


@pytest.mark.parametrize("block", blocks("python"))
def test_python_is_python(block: Block) -> None:
    try:
        ast.parse(block.text)
    except SyntaxError:
        ast.parse(block.text.rstrip() + ": ...")  # a signature


def test_every_install_in_a_page_names_extras_that_exist() -> None:
    for page in all_pages():
        for block in page.blocks:
            if block.language == "console":
                for command, _ in block.commands():
                    assert_understood(command) if command.startswith("pip ") else None
