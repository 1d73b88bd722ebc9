"""``schemadrift reverse``."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from pytest_schemadrift.cli.group import Global, OwnPath, cli, run, say, write
from pytest_schemadrift.cli.tenants import project_and_options, tenant_option
from pytest_schemadrift.core.progress import doing
from pytest_schemadrift.errors import ConfigurationError
from pytest_schemadrift.shown import visible

if TYPE_CHECKING:
    from pytest_schemadrift.codegen import Written


@cli.command(short_help="Print models for live tables.")
@click.argument("tables", nargs=-1, metavar="[TABLE]...")
@click.option("--all", "everything", is_flag=True, help="Every table of the database.")
@click.option("--db", "database", default="", metavar="NAME", help="Another database on the same server.")
@click.option(
    "--style", type=click.Choice(["tortoise", "django"]), default="tortoise", help="Which framework's models."
)
@click.option("--app", default="models", metavar="LABEL", help="The app that relations name.")
@click.option(
    "--managed/--no-managed",
    default=None,
    help="Whether the framework may create the tables (default: as the style does).",
)
@click.option("-o", "--output", type=OwnPath(), metavar="FILE", help="Write to a file, or a package of files.")
@click.option(
    "--split",
    type=click.Choice(["auto", "schema", "prefix", "none"]),
    default="auto",
    help="Write a package with one file per schema or table name prefix; auto: above 100 tables.",
)
@click.option("--force", is_flag=True, help="Overwrite files whose content differs.")
@tenant_option
@click.pass_obj
def reverse(
    chosen: Global,
    /,
    tables: tuple[str, ...],
    everything: bool,
    database: str,
    style: Literal["tortoise", "django"],
    app: str,
    managed: bool | None,
    output: str | None,
    split: Literal["auto", "schema", "prefix", "none"],
    force: bool,
    tenant: str | None,
) -> None:
    """Print model source for live tables, and for views that are named."""
    from pytest_schemadrift.commands import ReverseOptions, reverse_live

    if output is None and split in ("schema", "prefix"):
        raise ConfigurationError("several files cannot be printed", hint=f"name a folder: -o {app} --split {split}")
    project, options = project_and_options(chosen, tenant)
    wanted = ReverseOptions(
        tables, everything, database, style, app, managed, split if output is not None else "none", tenant or ""
    )
    written = run(
        reverse_live(project, options, wanted, lambda done, total: doing("writing models", done, total, "models"))
    )
    if output is None:
        write(visible(written.text), None)  # the escapes are those of Python
    else:
        _write_files(_places(output, written), force=force)
        chosen.note(f"written: {_what(output, written)}", err=True)
    for item in written.not_expressed:
        say(f"not expressed: {item}", err=True)


def _places(output: str, written: Written) -> dict[Path, str]:
    """What goes where. Raises ``ConfigurationError`` where a module and a package would have one name."""
    folder = _folder(output)
    if not written.files:
        return {folder / "__init__.py" if _is_folder(output) else Path(output): written.text}
    module = folder.with_suffix(".py")
    if module.exists():
        raise ConfigurationError(
            f"{module} is there, and Python would import the package {folder.name} instead of it",
            hint=f"remove {module}, name another folder, or write one file with --split none",
        )
    return {folder / name: text for name, text in written.files.items()}


def _folder(output: str) -> Path:
    place = Path(output)
    return place.with_suffix("") if place.suffix == ".py" else place


def _is_folder(output: str) -> bool:
    return output.endswith(("/", os.sep)) or Path(output).is_dir()


def _write_files(places: dict[Path, str], *, force: bool) -> None:
    """All or nothing: a file that is there with other content is somebody's work."""
    taken = [str(place) for place, text in places.items() if not force and _says_another(place, text)]
    if taken:
        others = f" (and {len(taken) - 1} more)" if len(taken) > 1 else ""
        hint = "name another file, or replace it with --force"
        raise ConfigurationError(f"{taken[0]} is there with other content{others}", hint=hint)
    for place, text in places.items():
        if place.name == "__init__.py":  # the first file of a package
            _make(place.parent)
        write(text, str(place))


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigurationError(f"cannot make {folder}: {error.strerror}", hint="choose another folder") from None


def _says_another(place: Path, text: str) -> bool:
    return place.is_file() and place.read_text(encoding="utf-8", errors="replace") not in ("", text)


def _what(output: str, written: Written) -> str:
    """``shop/ (240 models in 12 files: __init__.py, …)``."""
    models = f"{written.models} model{'' if written.models == 1 else 's'}"
    if not written.files:
        return f"{output} ({models})"
    folder = _folder(output)
    left = sorted({path.name for path in folder.glob("*.py")} - written.files.keys())
    old = f"; left as they were: {', '.join(left)}" if left else ""
    return f"{folder}/ ({models} in {len(written.files)} files: {', '.join(sorted(written.files))}{old})"


cli.add_command(reverse, "reverse-generation")
