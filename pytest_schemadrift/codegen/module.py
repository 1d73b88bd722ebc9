"""A module of generated source in the making, and what is asked of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from textwrap import wrap

from pytest_schemadrift.codegen.emit import WIDTH
from pytest_schemadrift.codegen.helpers import Helper
from pytest_schemadrift.codegen.layout import Import, Part, file_text, import_lines
from pytest_schemadrift.codegen.package import Source, Split, chosen_split, package
from pytest_schemadrift.codegen.sql import Sql
from pytest_schemadrift.schema.model import Name, Schema, Table

Progress = Callable[[int, int], None]
"""Called with the number of models that are done and that of all."""


def silent(done: int, total: int) -> None:
    """Nobody watches."""


@dataclass(frozen=True, slots=True)
class Header:
    """What the top of the file says: where the models come from (without a password) and how to make them again."""

    database: str
    server: str
    command: str


@dataclass(frozen=True, slots=True)
class Job:
    """What a style is given to write: tables of a schema, of which the ``unmanaged`` are looked at and never made."""

    schema: Schema
    tables: Sequence[Table]
    sql: Sql
    header: Header
    unmanaged: frozenset[Name] = frozenset()
    app: str = "models"
    not_expressed: Sequence[str] = ()
    progress: Progress = silent
    split: Split = "none"


@dataclass(frozen=True, slots=True)
class Written:
    """The source of a module with so many ``models``, and what of the database it does not express, a sentence each."""

    text: str
    not_expressed: tuple[str, ...]
    models: int
    files: Mapping[str, str] = field(default_factory=dict)
    """The same as the files of a package, where the job asked for one."""


@dataclass(slots=True)
class Module:
    """A module in the making; ``imports`` are (module, name) pairs, the name empty for ``import module``."""

    header: Header
    imports: set[Import] = field(default_factory=set)
    not_expressed: list[str] = field(default_factory=list)
    annotated: bool = True
    """Whether its classes are annotated with each other's names."""
    remarks: list[str] = field(default_factory=list)
    """Sentences for the top of the file."""

    def use(self, module: str, name: str) -> None:
        """Import a name."""
        self.imports.add((module, name))

    def bring(self, helpers: Iterable[Helper]) -> list[Part]:
        """The helpers; what they import is imported."""
        found: list[Part] = []
        for helper in helpers:
            self.imports.update(helper.imports)
            found.append(helper.source.rstrip("\n").split("\n"))
        return found

    def written(
        self, shared: Sequence[Part], models: Sequence[tuple[Name, Part]], tail: Sequence[str] = (), *, split: Split
    ) -> Written:
        """The whole text: ``shared`` is what the models use, and each of these stands for a table."""
        top = self._top()
        imports = ["\n".join(import_lines(self.imports))] if self.imports else []
        parts = [*shared, *(part for _, part in models)]
        text = file_text(top, imports, parts, tail, annotated=self.annotated)
        split = chosen_split(split, [name for name, _ in models])
        source = Source(top, self.imports, shared, models, self.annotated, tail)
        files = {} if split == "none" else package(source, split)
        return Written(text, tuple(self.not_expressed), len(models), files)

    def _top(self) -> list[str]:
        head = self.header
        lines = [
            f"The database {head.database} as models, from {head.server}.",
            "",
            "Written by:",
            f"    {head.command}",
        ]
        lines += ["", *self.remarks] if self.remarks else []
        if self.not_expressed:
            lines += ["", "Not expressed:"]
            for item in self.not_expressed:
                lines += wrap(item, WIDTH, initial_indent="- ", subsequent_indent="  ", break_on_hyphens=False)
        return lines
