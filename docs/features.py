"""Which tests have a feature of a newer release: ``python docs/features.py`` prints the table of docs/features.md.

A test has a feature where its SQL says it: a golden case in its scripts, an export or ``reverse`` in what it is given.
"""

from __future__ import annotations

import re
import sys
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
CASES = ROOT / "tests" / "cases"
NAMES = {"postgres": "PostgreSQL", "mysql": "MySQL", "mariadb": "MariaDB", "sqlite": "SQLite"}
EXPORTED = {
    "PostgreSQL": ("tests/dialects/postgres/scripts/*.sql", "tests/examples/reverse/*postgres*.sql"),
    "MySQL": ("tests/dialects/mysql/scripts/everything.sql", "tests/dialects/mysql/scripts/mysql_only.sql"),
    "MariaDB": ("tests/dialects/mysql/scripts/everything.sql", "tests/dialects/mysql/scripts/mariadb_only.sql"),
    "SQLite": ("tests/dialects/sqlite/test_dump.py",),
}
DIALECTS = {name: dialect for dialect, name in NAMES.items()}
FOLDERS = {"PostgreSQL": "postgres", "MySQL": "mysql", "MariaDB": "mysql", "SQLite": "sqlite"}
REVERSED = ("tests/safety/test_reversed_models.py", "tests/live/test_reverse.py")
SAFETY = "tests/safety/*.py"


@dataclass(frozen=True)
class Feature:
    """What is written about it, the servers that have it, and how its SQL is recognised."""

    name: str
    servers: str
    pattern: str


FEATURES = (
    Feature("`NOT NULL` with a name", "PostgreSQL 18", r"CONSTRAINT \w+ NOT NULL"),
    Feature("`NOT NULL … NOT VALID`", "PostgreSQL 18", r"NOT NULL \w+ NOT VALID"),
    Feature("`NOT NULL … NO INHERIT`", "PostgreSQL 18", r"NOT NULL( \w+)? NO INHERIT"),
    Feature("`CHECK … NOT VALID`, `NO INHERIT`", "PostgreSQL", r"CHECK \(.*\) (NOT VALID|NO INHERIT)"),
    Feature("virtual generated columns", "PostgreSQL 18", r"GENERATED ALWAYS AS \(.*\) VIRTUAL"),
    Feature("`NOT ENFORCED`", "PostgreSQL 18, MySQL", r"NOT ENFORCED"),
    Feature("`WITHOUT OVERLAPS`", "PostgreSQL 18, MariaDB", r"WITHOUT OVERLAPS"),
    Feature("foreign keys with `PERIOD`", "PostgreSQL 18", r"REFERENCES \w+ \(.*PERIOD"),
    Feature("`uuidv7()`", "PostgreSQL 18", r"uuidv7\(\)"),
    Feature("partitions merged and split", "PostgreSQL", r"PARTITION OF"),
    Feature("GiST on `inet`, `cidr`", "PostgreSQL", r"gist \(\w+ inet_ops|gist_inet_ops"),
    Feature("`VECTOR` columns", "MySQL, MariaDB", r"(?i)\bvector\(\d+\)(?! *[<])"),
    Feature("`VECTOR INDEX`", "MariaDB", r"(?i)VECTOR (INDEX|KEY)"),
    Feature("invisible columns and indexes", "MySQL, MariaDB", r"(?i)\b(INVISIBLE|IGNORED)\b"),
    Feature("invisible primary keys", "MySQL", r"my_row_id|generate_invisible_primary_key"),
    Feature("foreign keys to what is not unique", "MySQL", r"restrict_fk_on_non_standard_key|not-unique"),
    Feature("`UUID`, `INET4`, `INET6`", "MariaDB", r"(?i)\binet[46]\b"),
    Feature("sequences as defaults", "MariaDB", r"(?i)nextval\(|NEXT VALUE FOR"),
    Feature("system versioning", "MariaDB", r"(?i)SYSTEM VERSIONING"),
    Feature("application periods", "MariaDB", r"(?i)PERIOD FOR (?!SYSTEM_TIME)"),
    Feature("a CHECK that goes with its only column", "MySQL, MariaDB", r"MODIFY_OF_A_CHECKED|CHECK \(\w+ [<>=]"),
    Feature(
        "`ALTER … SET NOT NULL`, `ADD CONSTRAINT`", "SQLite 3.53", r"(?i)(SET|DROP) NOT NULL|(ADD|DROP) CONSTRAINT"
    ),
)


def table() -> str:
    """The table as Markdown."""
    head = ("feature", "servers", "plan and apply, with rows", "export", "reverse", "other tests")
    rows = [(one.name, one.servers, *_found(one)) for one in FEATURES]
    return "".join(f"| {' | '.join(row)} |\n" for row in (head, ("---",) * len(head), *rows))


def _found(feature: Feature) -> tuple[str, str, str, str]:
    has = re.compile(feature.pattern)
    servers = [name for name in FOLDERS if name in feature.servers]
    samples = [f"tests/examples/reverse/*.{DIALECTS[name]}.sql" for name in servers]
    more = [f"tests/dialects/{FOLDERS[name]}/test_*.py" for name in servers]
    return (
        _cases(has, feature.servers),
        _exported(has, feature.servers),
        _files(has, (*samples, *REVERSED)),
        _files(has, (*more, SAFETY)),
    )


def _cases(has: re.Pattern[str], servers: str) -> str:
    """Per server, how many golden cases, and the name of one."""
    found: dict[str, list[str]] = defaultdict(list)
    for folder in sorted({path.parent for path in CASES.rglob("expected.*")}):
        for dialect, name in NAMES.items():
            if name in servers and any(folder.glob(f"expected.{dialect}[.-]*")) and has.search(_sql(folder, dialect)):
                found[name].append(str(folder.relative_to(CASES)))
    return "; ".join(f"{name}: {len(cases)} (`{cases[0]}`)" for name, cases in sorted(found.items())) or "–"


def _sql(folder: Path, dialect: str) -> str:
    texts = []
    for stem in ("old", "new"):
        own = folder / f"{stem}.{dialect}.sql"
        path = own if own.is_file() else folder / f"{stem}.sql"
        texts += [path.read_text()] if path.is_file() else []
    return "\n".join([folder.name, *texts])


def _exported(has: re.Pattern[str], servers: str) -> str:
    places = {name: patterns for name, patterns in EXPORTED.items() if name in servers}
    found = [name for name, patterns in places.items() if any(map(has.search, _texts(patterns)))]
    return ", ".join(found) or _files(has, ("tests/safety/test_exported.py",))


def _files(has: re.Pattern[str], patterns: tuple[str, ...]) -> str:
    names = [path.name for path in _paths(patterns) if has.search(path.read_text())]
    return ", ".join(f"`{name}`" for name in names[:2]) + (", …" if names[2:] else "") or "–"


def _texts(patterns: tuple[str, ...]) -> list[str]:
    return [path.read_text() for path in _paths(patterns)]


def _paths(patterns: tuple[str, ...]) -> list[Path]:
    return sorted({path for pattern in patterns for path in ROOT.glob(pattern)})


if __name__ == "__main__":
    sys.stdout.write(table())
