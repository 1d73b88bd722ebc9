"""What each change code and hazard means and what to do: the texts of ``schemadrift explain`` and of the reference."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, metadata

from pytest_schemadrift.core.cache import our_version
from pytest_schemadrift.planning.hazards import Hazard
from pytest_schemadrift.schema import changes as c

DISTRIBUTION = "pytest-schemadrift"


@dataclass(frozen=True, slots=True)
class Explanation:
    """One entry: ``code`` is ``SD…`` or a hazard, ``title`` the kind of change or the hazard in words."""

    code: str
    title: str
    meaning: str
    to_do: str


def _entry(change: type[object], meaning: str, to_do: str) -> Explanation:
    return Explanation(change.code, change.__name__, meaning, to_do)  # type: ignore[attr-defined]


_APPLY = "Run schemadrift apply, or put the SQL that schemadrift diff prints into your next migration."
_DECIDE = "Decide which side is right: change the model, or run schemadrift apply."

CHANGES: dict[str, Explanation] = {
    entry.code: entry
    for entry in (
        _entry(c.CreateNamespace, "A schema (namespace) that the models use does not exist.", _APPLY),
        _entry(c.DropNamespace, "The database has a schema that nothing asks for.", _DECIDE),
        _entry(c.CreateExtension, "A PostgreSQL extension is missing.", "Create it; some need a superuser."),
        _entry(c.DropExtension, "The database has an extension that nothing asks for.", _DECIDE),
        _entry(c.CreateEnum, "An enum type is missing.", _APPLY),
        _entry(c.DropEnum, "The database has an enum type that nothing asks for.", _DECIDE),
        _entry(
            c.AddEnumValue,
            "An enum lacks a value. It can be used only after the transaction that adds it.",
            _APPLY,
        ),
        _entry(c.RenameEnumValue, "A value of an enum has another name; rows keep their value.", _APPLY),
        _entry(
            c.ReplaceEnum,
            "Values of an enum were removed or reordered. PostgreSQL cannot do that in place: the type is replaced "
            "and every column of it converted.",
            "Make sure that no row has a removed value, then run schemadrift apply.",
        ),
        _entry(
            c.SetTypeComment,
            "An enum or domain has another comment. Models cannot say any: two databases, or a file and a database, "
            "differ.",
            _DECIDE,
        ),
        _entry(c.CreateSequence, "A sequence is missing.", _APPLY),
        _entry(c.DropSequence, "The database has a sequence that nothing asks for.", _DECIDE),
        _entry(c.AlterSequence, "A sequence has another step, range, cache or cycle than wanted.", _APPLY),
        _entry(c.CreateDomain, "A domain is missing.", _APPLY),
        _entry(c.DropDomain, "The database has a domain that nothing asks for.", _DECIDE),
        _entry(c.AlterDomain, "A domain's default, nullability or checks differ.", _APPLY),
        _entry(
            c.CreateTable,
            "A model's table does not exist.",
            "Run your migrations, schemadrift migrate, or schemadrift apply.",
        ),
        _entry(
            c.DropTable,
            'The database has a table that no model has, and unmanaged = "fail" makes that a drift.',
            "Add the table to exclude, write a model for it, or drop it.",
        ),
        _entry(c.RenameTable, "A table was renamed, as you answered.", _APPLY),
        _entry(
            c.RebuildTable,
            "SQLite cannot alter this in place: the table is rebuilt: its rows are copied, and its indexes, triggers "
            "and views are put back, all in one transaction.",
            _APPLY,
        ),
        _entry(
            c.AlterTableOptions,
            "The table itself differs: engine, character set, STRICT, WITHOUT ROWID, UNLOGGED, partitioning.",
            _DECIDE,
        ),
        _entry(c.SetTableComment, "The table's comment differs from the model's description.", _APPLY),
        _entry(c.AlterTable, "Several differences of one table that are fixed by one statement.", _APPLY),
        _entry(
            c.AddColumn,
            "A model has a field whose column does not exist.",
            "Run the SQL. A NOT NULL column on a table with rows needs a database default (db_default).",
        ),
        _entry(
            c.DropColumn,
            "The table has a column that the model does not have. If it was renamed, say so.",
            "Answer a rename with --rename table.old=new; otherwise its values go with it.",
        ),
        _entry(c.AlterColumnType, "The column's type differs from the field's.", _DECIDE),
        _entry(
            c.AlterColumnNullability,
            "One side allows NULL and the other does not.",
            "Before NOT NULL, fill the rows that have NULL.",
        ),
        _entry(c.AlterColumnDefault, "The database default differs from the field's db_default.", _DECIDE),
        _entry(
            c.AlterColumnGenerated, "A computed column has another expression, or only one side computes it.", _DECIDE
        ),
        _entry(c.AlterColumnIdentity, "Serial, identity or AUTO_INCREMENT differs.", _APPLY),
        _entry(c.AlterColumnCollation, "The collation or character set of a column differs.", _DECIDE),
        _entry(c.AlterColumnOptions, "ON UPDATE, visibility or another option of one dialect differs.", _DECIDE),
        _entry(c.SetColumnComment, "The column's comment differs from the field's description.", _APPLY),
        _entry(c.RenameColumn, "A column was renamed, as you answered.", _APPLY),
        _entry(c.MoveColumns, "The columns are in another order (column_order = true).", _DECIDE),
        _entry(c.CreateIndex, "An index of the model does not exist.", _APPLY),
        _entry(
            c.DropIndex, "The table has an index that the model does not have.", "Add it to Meta.indexes, or drop it."
        ),
        _entry(c.RenameIndex, 'An index has another name (names = "strict").', _APPLY),
        _entry(
            c.RebuildIndex,
            "A CREATE INDEX CONCURRENTLY failed and left an invalid index: it costs writes and serves no reads.",
            _APPLY,
        ),
        _entry(
            c.SetIndexComment,
            "An index has another comment. MySQL and MariaDB have no statement for it (up to 9.7 and 11.8): MySQL "
            "rebuilds the index.",
            _APPLY,
        ),
        _entry(c.AddUnique, "A unique constraint of the model does not exist: duplicates are accepted.", _APPLY),
        _entry(c.DropUnique, "The table has a unique constraint that the model does not have.", _DECIDE),
        _entry(c.AddPrimaryKey, "The table lacks the model's primary key.", _APPLY),
        _entry(c.DropPrimaryKey, "The table's primary key is another one than the model's.", _DECIDE),
        _entry(c.AddForeignKey, "A foreign key of the model does not exist: orphans are accepted.", _APPLY),
        _entry(c.DropForeignKey, "The table has a foreign key that the model does not have.", _DECIDE),
        _entry(c.ValidateConstraint, "A constraint was added NOT VALID: old rows were never checked.", _APPLY),
        _entry(
            c.SetEnforced,
            "A foreign key or CHECK is enforced on one side only. NOT ENFORCED, it is not checked for any row.",
            _DECIDE,
        ),
        _entry(c.AddCheck, "A CHECK of the model (Meta.constraints) does not exist.", _APPLY),
        _entry(c.DropCheck, "The table has a CHECK that the model does not have.", _DECIDE),
        _entry(c.AddExclusion, "An exclusion constraint is missing.", _APPLY),
        _entry(c.DropExclusion, "The table has an exclusion constraint that nothing asks for.", _DECIDE),
        _entry(c.RenameConstraint, 'A constraint has another name (names = "strict").', _APPLY),
        _entry(
            c.SetConstraintComment,
            "A constraint, or the index behind it, has another comment. Models cannot say any: two "
            "databases, or a file and a database, differ.",
            _DECIDE,
        ),
    )
}

HAZARDS: dict[str, Explanation] = {
    entry.code: entry
    for entry in (
        Explanation(
            Hazard.DELETES_DATA,
            "Deletes data",
            "Existing values or rows are deleted, and only a backup can bring them back.",
            "Look at the rows first, and make a backup.",
        ),
        Explanation(
            Hazard.MAY_CHANGE_DATA,
            "May change data",
            "The server may round, cut or re-encode values without saying so.",
            "Compare the values before and after on a copy.",
        ),
        Explanation(
            Hazard.MAY_FAIL_ON_DATA,
            "May fail on data",
            "The rows decide whether it succeeds: NULLs, duplicates, orphans, values that do not fit. "
            "An empty test database proves nothing.",
            "Fix the rows first.",
        ),
        Explanation(
            Hazard.REWRITES_TABLE,
            "Rewrites the table",
            "Every row is written again under an exclusive lock: no other session can read or write it meanwhile.",
            "On a large table, do it in a quiet hour, or add a new column, copy in batches, and switch.",
        ),
        Explanation(
            Hazard.LOCKS_TABLE,
            "Locks the table",
            "Writers, in some cases readers too, wait while rows are checked or an index is built.",
            "On a large table use the online form of the server, such as CREATE INDEX CONCURRENTLY.",
        ),
        Explanation(
            Hazard.NOT_TRANSACTIONAL,
            "Not transactional",
            "The server commits each statement at once (MySQL, MariaDB): a later failure does not undo it.",
            "After a failure run the check again: the plan that is left continues where it stopped.",
        ),
        Explanation(
            Hazard.LOOSENS_CONSTRAINT,
            "Loosens a constraint",
            "Something that the database refused so far will be accepted afterwards.",
            "Make sure that the application no longer relies on the refusal.",
        ),
        Explanation(
            Hazard.DROPS_INDEX,
            "Drops an index",
            "An index goes, and none with the same keys comes or stays: queries that it served may read whole tables.",
            "If somebody made it for a reason, declare it in the model; otherwise allow the hazard.",
        ),
    )
}


def explain(code: str) -> Explanation | None:
    """The entry for a change code (``SD203``), a change's name (``AddColumn``) or a hazard; ``None`` if unknown."""
    key = code.upper().replace("-", "_")
    by_name = {entry.title.upper(): entry for entry in CHANGES.values()}
    return CHANGES.get(key) or HAZARDS.get(key) or by_name.get(key)


def page_of(code: str) -> str:
    """The absolute URI of the page about a change code (or of another rule): on the site that the package names.

    A package that names none is named itself, with the file inside of it (as package URLs are written).
    """
    site = _site()
    return f"{site}/codes/{code}/" if site else f"pkg:pypi/{DISTRIBUTION}@{our_version()}#docs/codes/{code}.md"


def shown_page_of(code: str) -> str:
    """The page about a change code or a hazard as a person finds it: its address, else its file in the repository."""
    path, site = f"{'hazards' if code in HAZARDS else 'codes'}/{code}", _site()
    return f"{site}/{path}/" if site else f"docs/{path}.md"


@cache
def _site() -> str:
    """The address of the documentation in the metadata of the installed package, without a slash at its end."""
    try:
        urls = metadata(DISTRIBUTION).get_all("Project-URL") or []
    except PackageNotFoundError:
        return ""
    sites = (url for label, _, url in (line.partition(", ") for line in urls) if label.lower() == "documentation")
    return next(sites, "").rstrip("/")
