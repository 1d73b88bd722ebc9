"""Write the reference from the code: ``python docs/generate.py`` (``--check`` only says what is out of date).

A page of the reference has prose of its own and regions between ``<!-- generated: NAME -->`` and
``<!-- /generated -->``; a region is written by the function that ``regions()`` has for its name. The pages below
``codes/`` are written whole. A test holds the committed pages to what this script writes.
"""

from __future__ import annotations

import ast
import functools
import inspect
import json
import re
import subprocess
import sys
import textwrap
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import MISSING
from pathlib import Path
from typing import Any, NamedTuple

import click

import pytest_schemadrift
from pytest_schemadrift import errors
from pytest_schemadrift.cli import cli
from pytest_schemadrift.commands import accepted_renames, hooks
from pytest_schemadrift.core.config.settings import (
    DatabaseSettings,
    HistorySettings,
    IgnoreRule,
    Settings,
    TenantSettings,
)
from pytest_schemadrift.dialects import get_dialect
from pytest_schemadrift.planning.build import build_plan
from pytest_schemadrift.planning.codes import CHANGES, HAZARDS, Explanation
from pytest_schemadrift.planning.describe import describe
from pytest_schemadrift.planning.plan import Plan, Step
from pytest_schemadrift.plugin import fixtures, options
from pytest_schemadrift.report.json import json_schema
from pytest_schemadrift.schema.capabilities import ServerInfo
from pytest_schemadrift.schema.changes import simple_changes
from pytest_schemadrift.schema.severity import Severity, worst
from pytest_schemadrift.sources.ddl import parse_sql

DOCS = Path(__file__).parent
DIALECTS = {"postgres": "PostgreSQL", "mysql": "MySQL", "mariadb": "MariaDB", "sqlite": "SQLite"}
REGION = re.compile(r"(<!-- generated: (?P<name>[^>]+?) -->\n).*?(<!-- /generated -->)", re.DOTALL)
INTERNAL = ("schemadrift_run",)
"""Fixtures that are not for users."""
SECTIONS = ("project_dir", "place", "databases", "history", "ignore", "tenants")
"""Of ``Settings``: what has a table of its own, or is no key."""
KINDS = {
    "SD0": "Schemas, extensions, types, sequences",
    "SD1": "Tables",
    "SD2": "Columns",
    "SD3": "Indexes and uniqueness",
    "SD4": "Keys and constraints",
}


def regions() -> dict[str, Callable[[], str]]:
    """The text of each region by its name."""
    found = {
        "global options": lambda: options_table(cli),
        "configuration": lambda: settings_table(Settings, SECTIONS),
        "ignore rules": lambda: settings_table(IgnoreRule, ()),
        "databases": lambda: settings_table(DatabaseSettings, ()),
        "history": lambda: settings_table(HistorySettings, ()),
        "tenants": lambda: settings_table(TenantSettings, ()),
        "hazards": hazards_sections,
        "codes": codes_tables,
        "severity": severity_table,
        "errors": errors_sections,
        "hooks": hooks_sections,
        "pytest options": pytest_options,
        "fixtures": fixtures_table,
        "python": python_sections,
        "json report": json_report,
        "tried": tried_table,
        "features": features_table,
    }
    for name, command in cli.every_command().items():
        found[f"command {name}"] = lambda command=command, name=name: command_section(name, command)
    return found


# --- what the code says about itself ---------------------------------------------------------------------------------


@functools.cache
def features_table() -> str:
    """Which tests have the features of newer releases, as ``features.py`` finds them."""
    done = subprocess.run([sys.executable, str(DOCS / "features.py")], capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"docs/features.py fails: {done.stderr.strip()}")
    return done.stdout


def tried_table() -> str:
    """What the tests try to break, as ``tried.py`` counts it in a process of its own."""
    done = subprocess.run([sys.executable, str(DOCS / "tried.py")], capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"docs/tried.py fails: {done.stderr.strip()}")
    kinds = json.loads(done.stdout)
    rows = [
        (name, ", ".join(DIALECTS[database] for database in kind["databases"]), str(kind["cases"]), str(kind["held"]))
        for name, kind in kinds.items()
    ]
    sums = (str(sum(kind[column] for kind in kinds.values())) for column in ("cases", "held"))
    return table(("tried", "on", "cases", "held"), [*rows, ("all", "", *sums)])


def table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    """A Markdown table."""
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join("| " + " | ".join(" ".join(cell.split()) for cell in line) + " |" for line in lines)


def command_section(name: str, command: click.Command) -> str:
    """What ``schemadrift NAME --help`` says."""
    usage = " ".join(["schemadrift", name, *command.collect_usage_pieces(click.Context(command))])
    text = " ".join(markdown((command.help or "").split("\f")[0]).split())
    return "\n\n".join(part for part in (text, f"```text\n{usage}\n```", options_table(command)) if part)


def options_table(command: click.Command) -> str:
    """Every option of a command, or nothing where it has none."""
    shown = [item for item in command.params if isinstance(item, click.Option) and not item.hidden]
    rows = [(f"`{spelling(option)}`", meaning(option, command)) for option in shown]
    return table(("option", "meaning"), rows) if rows else ""


def spelling(option: click.Option) -> str:
    """``-o, --output FILE``."""
    names = ", ".join(option.opts) + "".join(f"/{name}" for name in option.secondary_opts)
    if option.is_flag or option.count:
        return names
    value = "VALUE" if isinstance(option.type, click.Choice) else option.make_metavar(click.Context(cli))
    return f"{names} {value}"


def meaning(option: click.Option, command: click.Command) -> str:
    """Its help, its choices, and its default where that says something."""
    words = [option.help or ""]
    if isinstance(option.type, click.Choice):
        words.append("One of " + ", ".join(f"`{choice}`" for choice in option.type.choices) + ".")
    default = option.get_default(click.Context(command), call=False)
    if isinstance(default, str | float | int) and not isinstance(default, bool) and str(default):
        words.append(f"Default: `{default:g}`." if isinstance(default, float) else f"Default: `{default}`.")
    if default is True and option.secondary_opts:
        words.append(f"Default: `{option.opts[0]}`.")
    return " ".join(filter(None, words)).replace("|", "\\|")


def settings_table(settings: type[Any], hidden: tuple[str, ...]) -> str:
    """The keys of a section of ``pyproject.toml``, from a class that reads it."""
    texts = attribute_docs(settings)
    rows = []
    for name, field in settings.__dataclass_fields__.items():
        if name not in hidden:
            default = field.default
            rows.append(
                (f"`{name}`", f"`{toml_value(default)}`" if default not in ("", None, MISSING) else "", texts[name])
            )
    return table(("key", "default", "meaning"), rows)


def toml_value(value: object) -> str:
    """A default as one would write it in the file."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return str(list(value)).replace("'", '"')
    return f'"{value}"' if isinstance(value, str) else str(value)


def attribute_docs(owner: type) -> dict[str, str]:
    """The docstrings that stand below the attributes of a class, in Markdown."""
    body = ast.parse(textwrap.dedent(inspect.getsource(owner))).body[0]
    assert isinstance(body, ast.ClassDef)
    found = {}
    for line, text in zip(body.body, body.body[1:], strict=False):
        if isinstance(line, ast.AnnAssign) and isinstance(line.target, ast.Name) and isinstance(text, ast.Expr):
            found[line.target.id] = markdown(ast.literal_eval(text.value))
    return found


def markdown(docstring: str | None) -> str:
    """A docstring of ours as Markdown: code spans have one backtick, an indented block after ``::`` is Python."""
    text = inspect.cleandoc(docstring or "")
    text = re.sub(r"::\n\n((?: {4}.*\n?|\n)+)", lambda block: f":\n\n```python\n{dedented(block[1])}\n```\n", text)
    return text.replace("``", "`") if "```" not in text else re.sub(r"(?<!`)``(?!`)", "`", text)


def dedented(block: str) -> str:
    """A block without its margin and the empty lines around it."""
    return textwrap.dedent(block).strip("\n")


def hazards_sections() -> str:
    """A section for each hazard."""
    return "\n\n".join(
        f"## {entry.code}\n\n{entry.meaning}\n\n**What to do.** {entry.to_do}" for entry in HAZARDS.values()
    )


def errors_sections() -> str:
    """The tree of the errors, and each with its facts."""
    tree = (inspect.getdoc(errors) or "").split("::\n", 1)[1]
    parts = [f"```text\n{dedented(tree)}\n```"]
    for name, error in vars(errors).items():
        if inspect.isclass(error) and issubclass(error, errors.SchemaDriftError):
            parts.append(f"### {name}\n\n{markdown(error.__doc__)}")
    return "\n\n".join(parts)


def hooks_sections() -> str:
    """A section for each hook: its signature and what it is for."""
    found = [item for item in vars(hooks).values() if hasattr(item, f"{hooks.PROJECT}_spec")]
    return "\n\n".join(
        f"### `{item.__name__}`\n\n```python\n{signature(item, keyword='def')}: ...\n```\n\n{markdown(item.__doc__)}"
        for item in found
    )


def signature(item: Callable[..., Any], *, keyword: str = "") -> str:
    """``def name(argument: type) -> type``, an argument a line where one line is too short for all."""
    word = keyword or ("async def" if inspect.iscoroutinefunction(item) else "def")
    shape = inspect.signature(item)
    text = f"{word} {item.__name__}{unquoted(shape)}"
    if len(text) <= 100:
        return text
    lines = []
    for parameter in shape.parameters.values():
        if parameter.kind is parameter.KEYWORD_ONLY and "*" not in lines:
            lines.append("*")
        lines.append(unquoted(parameter))
    answer = unquoted(shape).rpartition(" -> ")[2]
    return f"{word} {item.__name__}(\n    " + ",\n    ".join(lines) + f",\n) -> {answer}"


def unquoted(shape: object) -> str:
    """A signature or parameter as text, its annotations as they are written in the code."""
    return re.sub(r"(: |-> )'([^']*)'", r"\1\2", str(shape))


class Recorder:
    """Stands in for pytest's parser: keeps what a plugin declares."""

    def __init__(self) -> None:
        self.options: list[tuple[str, Mapping[str, Any]]] = []
        self.keys: dict[str, str] = {}

    def getgroup(self, *_: str) -> Recorder:
        """The group of options, which is itself."""
        return self

    def addoption(self, name: str, **details: Any) -> None:
        """Keep an option."""
        self.options.append((name, details))

    def addini(self, name: str, text: str, **_: Any) -> None:
        """Keep an ini key."""
        self.keys[name] = text


def declared_to_pytest() -> Recorder:
    """The options and ini keys of the plugin."""
    recorder = Recorder()
    options.add_options(recorder)  # type: ignore[arg-type]
    return recorder


def pytest_options() -> str:
    """The options of the plugin with their ini keys."""
    recorder = declared_to_pytest()
    rows = []
    for name, details in recorder.options:
        key = name.strip("-").replace("-", "_")
        shown = f"{name} {details['metavar']}" if "metavar" in details else name
        rows.append((f"`{shown}`", f"`{key}`" if key in recorder.keys else "", details["help"]))
    return table(("option", "ini key", "meaning"), rows)


def fixtures_table() -> str:
    """The fixtures of the plugin."""
    rows = []
    for name, item in vars(fixtures).items():
        function = getattr(item, "_fixture_function", None)
        if function is not None and function.__module__ == fixtures.__name__ and name not in INTERNAL:
            rows.append((f"`{name}`", markdown(function.__doc__)))
    return table(("fixture", "is"), rows)


def python_sections() -> str:
    """Every public name of the package."""
    parts = []
    for name in pytest_schemadrift.__all__:
        item = getattr(pytest_schemadrift, name)
        head = f"class {name}" if inspect.isclass(item) else signature(item)
        parts.append(f"### `{name}`\n\n```python\n{head}\n```\n\n{markdown(item.__doc__)}{methods(item)}")
    return "\n\n".join(parts)


def methods(item: object) -> str:
    """The public methods of a class as a list."""
    if not inspect.isclass(item) or issubclass(item, Exception):
        return ""
    shown = [
        (name, method)
        for name, method in vars(item).items()
        if inspect.isfunction(method) and not name.startswith("_") and method.__doc__
    ]
    lines = [
        f"- `{name}{unquoted(inspect.signature(method))}`: {' '.join(markdown(method.__doc__).split())}"
        for name, method in shown
    ]
    return "\n\n" + "\n".join(lines) if lines else ""


def json_report() -> str:
    """The objects of the JSON report with their keys."""
    schema = json_schema()
    parts = []
    for title, definition in [("The report", schema), *schema["$defs"].items()]:
        body = next((item for item in definition.get("oneOf", ()) if "properties" in item), definition)
        rows = []
        for key, value in body["properties"].items():
            name = f"`{key}`" + ("" if key in body.get("required", ()) else " (may be absent)")
            rows.append((name, json_type(value), value.get("description", "")))
        text = definition.get("description", "")
        heading = title if definition is schema else f"`{title}`"
        parts.append(f"### {heading}\n\n" + (f"{text}\n\n" if text else "") + table(("key", "type", "meaning"), rows))
    return "\n\n".join(parts)


def json_type(value: Mapping[str, Any]) -> str:
    """A JSON type in words."""
    if "$ref" in value:
        return f"`{value['$ref'].rpartition('/')[2]}`"
    if "const" in value or "enum" in value:
        return ", ".join(f"`{item}`" for item in value.get("enum", [value.get("const")]))
    kinds = value["type"] if isinstance(value["type"], list) else [value["type"]]
    if kinds == ["array"]:
        return f"list of {json_type(value['items'])}"
    return " or ".join(kinds)


# --- a page for each change code -------------------------------------------------------------------------------------


def codes_tables() -> str:
    """A table for each hundred of codes."""
    parts = []
    for prefix, title in KINDS.items():
        rows = [
            (f"[{entry.code}](codes/{entry.code}.md)", entry.title, entry.meaning, entry.to_do)
            for entry in CHANGES.values()
            if entry.code.startswith(prefix)
        ]
        parts.append(f"## {title}\n\n" + table(("code", "change", "meaning", "what to do"), rows))
    return "\n\n".join(parts)


def severities() -> list[dict[str, str]]:
    """``severity.toml``: a case each, in the order of the table."""
    found: list[dict[str, str]] = tomllib.loads((DOCS / "severity.toml").read_text("utf-8"))["case"]
    return found


def severity_table() -> str:
    """What a plan says of each case, the worst first."""
    order = list(Severity)
    rows = []
    for case in severities():
        steps = plan_of(case.get("dialect", "postgres"), case).steps
        severity = worst(step.severity for step in steps)
        assert severity is not None, case["words"]
        codes = sorted({part.code for step in steps for part, _ in step.parts})
        links = ", ".join(f"[{code}](codes/{code}.md)" for code in codes)
        rows.append((order.index(severity), (f"`{severity}`", case["words"], links)))
    rows.sort(key=lambda row: row[0])
    return table(("severity", "in the database", "codes"), [row for _, row in rows])


def examples() -> dict[str, dict[str, Any]]:
    """``examples.toml``."""
    return tomllib.loads((DOCS / "examples.toml").read_text("utf-8"))


def example(code: str) -> Iterator[tuple[str, dict[str, str]]]:
    """(dialect, ``old``, ``new`` and perhaps ``rename``) of a code."""
    entry = examples()[code]
    for dialect in entry.get("on", DIALECTS):
        yield dialect, {**entry, **entry.get(dialect, {})}


def plan_of(dialect: str, said: Mapping[str, str], info: ServerInfo | None = None) -> Plan:
    """The plan of an example for a server, the newest that is supported where none is given."""
    chosen = get_dialect(dialect)
    info = info or chosen.default_info
    old, new = (parse_sql(said[side], dialect, info) for side in ("old", "new"))
    renames = accepted_renames([said["rename"]] if "rename" in said else [], old, new)
    return build_plan(old, new, chosen, info, renames=renames)


class Example(NamedTuple):
    """What ``examples.toml`` says for a dialect, the steps that bear the code, and what to run for them."""

    said: Mapping[str, str]
    found: list[Step]
    sql: tuple[str, ...]


def code_page(entry: Explanation) -> str:
    """The page of a change code: what it means, what to do, and an example for each kind of server."""
    steps: dict[str, Example] = {}
    for dialect, said in example(entry.code):
        plan = plan_of(dialect, said)
        found = [step for step in plan.steps if entry.code in codes_in(step)]
        steps[dialect] = Example(said, found, script_of(plan, found))
    parts = [f"# {entry.code}: {entry.title}", entry.meaning, f"**What to do.** {entry.to_do}"]
    if steps:
        parts.append("## Example")
    shared = len({(case.said["old"], case.said["new"]) for case in steps.values()}) == 1
    for place, (dialects, case) in enumerate(merged(steps)):
        said = case.said
        sides = f"The database has\n\n{sql_block(said['old'])}\n\nand the models want\n\n{sql_block(said['new'])}"
        parts += [sides] if shared and not place else []
        parts.append(f"### {dialects}")
        parts += [] if shared else [sides]
        parts += example_parts(case)
    parts.append("[All change codes](../changes.md)")
    return "\n\n".join(parts) + "\n"


def codes_in(step: Step) -> set[str]:
    """The code of a change and of all that was folded into it."""
    return {step.change.code, *(part.code for part in simple_changes(step.change))}


def script_of(plan: Plan, found: list[Step]) -> tuple[str, ...]:
    """The statements of steps; all of the plan's where its prologue sets up what they need."""
    guarded = len(plan.prologue) > 1
    return tuple(plan.sql()) if guarded and found else tuple(sql for step in found for sql in step.sql)


def merged(steps: Mapping[str, Example]) -> list[tuple[str, Example]]:
    """The examples, those of dialects that say and do the same as one."""
    groups: dict[object, tuple[list[str], Example]] = {}
    for dialect, case in steps.items():
        key = (case.said["old"], case.said["new"], tuple((step.sql, step.hazards) for step in case.found))
        groups.setdefault(key, ([], case))[0].append(DIALECTS[dialect])
    return [(", ".join(names), case) for names, case in groups.values()]


def example_parts(case: Example) -> Iterator[str]:
    """What the report says of an example, its SQL, and its hazards."""
    words = [describe(part) for step in case.found for part in simple_changes(step.change)]
    answer = f", with the answer `--rename {case.said['rename']}`" if "rename" in case.said else ""
    yield f"The report says “{'; '.join(words)}”, and the SQL is{answer}:"
    yield sql_block(";\n".join(case.sql))
    hazards = dict.fromkeys(hazard for step in case.found for hazard in step.hazards)
    links = ", ".join(f"[{hazard}](../hazards/{hazard}.md)" for hazard in hazards)
    yield f"Hazards: {links}." if links else "No hazard."


def sql_block(sql: str) -> str:
    """A script as a fenced block."""
    text = sql.strip()
    return f"```sql\n{text};\n```" if text else "nothing of it"


# --- writing ---------------------------------------------------------------------------------------------------------


def pages() -> dict[Path, str]:
    """Every page that has something generated, as it should be."""
    known = regions()
    found = {}
    for path in sorted(DOCS.rglob("*.md")):
        text = path.read_text("utf-8")
        if path.parent.name != "codes" and REGION.search(text):
            found[path] = REGION.sub(lambda match: f"{match[1]}\n{known[match['name']]()}\n\n{match[3]}", text)
    for entry in CHANGES.values():
        found[DOCS / "codes" / f"{entry.code}.md"] = code_page(entry)
    return found


def outdated() -> list[Path]:
    """The pages that are not as they should be, and the pages of codes that are no more."""
    wanted = pages()
    wrong = [path for path, text in wanted.items() if not path.exists() or path.read_text("utf-8") != text]
    return wrong + [path for path in (DOCS / "codes").glob("*.md") if path not in wanted]


def main(arguments: list[str]) -> int:
    """Write what is out of date; with ``--check``, only name it and return 1."""
    wrong, wanted = outdated(), pages()
    for path in wrong:
        print(path.relative_to(DOCS.parent))
        if "--check" in arguments:
            continue
        if path in wanted:
            path.parent.mkdir(exist_ok=True)
            path.write_text(wanted[path], "utf-8")
        else:
            path.unlink()
    return 1 if wrong and "--check" in arguments else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
