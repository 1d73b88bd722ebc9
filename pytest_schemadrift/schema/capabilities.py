"""What a database server is and can do, as data, so that planning knows no dialect."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import TYPE_CHECKING

from pytest_schemadrift.schema.frozen import dataclass

if TYPE_CHECKING:
    from pytest_schemadrift.schema.changes import AlterTable, SimpleChange
    from pytest_schemadrift.schema.model import Check, Column, Expression, ForeignKey, Schema, Table


@dataclass(frozen=True, slots=True)
class ServerInfo:
    """What the server at hand answered about itself; the defaults stand for "no server, newest version".

    ``default_schema`` is where a plain CREATE puts things (PostgreSQL ``current_schema()``, MySQL ``database()``), and
    ``search_path`` the existing schemas in which PostgreSQL looks for an unqualified name, in this order.
    ``collations`` maps a charset to its default collation (MySQL, MariaDB), ``settings`` keeps what else
    changes the meaning of a text (for example ``lower_case_table_names``).
    """

    dialect: str
    version: tuple[int, ...] = ()
    version_text: str = ""
    database: str = ""
    default_schema: str = ""
    search_path: tuple[str, ...] = ()
    charset: str = ""
    collation: str = ""
    collations: tuple[tuple[str, str], ...] = ()
    settings: tuple[tuple[str, str], ...] = ()
    only_schemas: tuple[str, ...] = ()
    """The schemas to look at, where the others of the database (PostgreSQL) belong to somebody else; else empty."""
    column_storage: bool = False
    """Whether STORAGE and COMPRESSION of columns (PostgreSQL) are read and written; a plan keeps them either way."""
    flavor: str = ""
    """The database that it is, where it only speaks the dialect's protocol: a name of ``dialects.flavors``."""

    def setting(self, name: str, default: str = "") -> str:
        """The value of one setting, or ``default`` where the server did not say."""
        return dict(self.settings).get(name, default)


class Conversion(Enum):
    """What changing a column's type does to the rows that are there."""

    METADATA = "metadata"  # no row is touched, nothing can be lost (varchar(10) -> varchar(20))
    REWRITE = "rewrite"  # every row is rewritten, no value can be lost (integer -> bigint)
    MAY_FAIL = "may fail"  # refused where a value does not fit; nothing is lost silently (text -> integer)
    LOSSY = "lossy"  # the server may cut or round values without a word (numeric -> integer)
    DELETES = "deletes"  # the rows that are there are gone (ENGINE=BLACKHOLE)


class Compatibility(Enum):
    """What a column does with the values that another one should have."""

    SAME = "same"  # each comes back as it was, and no other is taken
    WIDER = "wider"  # each comes back as it was, and others are taken
    INCOMPATIBLE = "incompatible"  # some are refused, or come back as something else


@dataclass(frozen=True, slots=True)
class Capabilities:
    """The abilities of one server version that ``order``, ``hazards`` and ``plan`` ask for."""

    dialect: str
    transactional_ddl: bool
    """A failed plan leaves nothing behind (PostgreSQL, SQLite)."""
    alters_columns: bool
    """Columns and constraints are altered in place; if not, ``order`` folds into ``RebuildTable`` (SQLite)."""
    alters_column_whole: bool
    """Every alteration restates the whole column (MySQL ``MODIFY``): ``order`` folds them into one."""
    comment_builds_index: bool
    """Another comment of an index is another index to the server, which rebuilds it."""
    creates_foreign_keys_inline: bool
    """Foreign keys exist only within CREATE TABLE (SQLite, where a table may name one that is yet to come)."""
    comments: bool
    """Comments are objects of the catalog (not in SQLite)."""
    foreign_key_blocks_type_change: bool
    """A column under a foreign key, on either side, keeps its type until the key is dropped (InnoDB)."""
    foreign_key_needs_whole_key: bool
    """A foreign key refers to all columns of a primary or unique key, in their order (MySQL 8.4)."""
    has_schemas: bool
    case_insensitive_columns: bool
    """``Name`` and ``name`` are the same column (MySQL, SQLite)."""
    case_insensitive_tables: bool
    sets_generated_expression: bool
    """``ALTER COLUMN … SET EXPRESSION`` exists (PostgreSQL 17)."""
    scans_on_not_null: bool
    """SET NOT NULL reads every row under a lock."""
    conversion: Callable[[str, str], Conversion]
    """Classifies a change of type, given both canonical spellings."""
    compatibility: Callable[[Column, Column, Table], Compatibility]
    """What the first column, which is that of the table, does with values for the second, as far as types say so."""
    in_place: Callable[[SimpleChange | AlterTable, Table, Schema], bool] | None = None
    """Where ``alters_columns`` is false: whether a change of a table can do without a rebuild, whatever its rows.

    The table is as it is when the change is made, the schema as it is before the plan, without the tables that go.
    """
    has_storage: Callable[[str], bool] = lambda type_: False
    """Whether a column of such a type has a storage to choose, which it keeps when it gets that type (PostgreSQL)."""
    fills_with_update: Callable[[Column], bool] = lambda column: False
    """Whether a new column gets its default by an UPDATE."""
    alters_enforcement: Callable[[ForeignKey | Check], bool] = lambda constraint: False
    """Whether there is a statement for [NOT] ENFORCED of such a constraint; else it is dropped and added."""
    foreign_key_needs_index: bool = False
    """A foreign key without an index that begins with its columns gets one that the server makes (MySQL, MariaDB)."""
    shared_names: frozenset[str] = frozenset()
    """What has a name that is one in its schema (``index``, ``key``, ``foreign key``, ``check``), not in its table.

    ``constraint`` says that no two constraints of a table may have one name, whatever they are.
    """
    converts_column_options: Callable[[Column, Column], Conversion] = lambda old, new: Conversion.METADATA
    """What other options of a column do to its values."""
    converts_options: Callable[[Table, Table], Conversion] = lambda old, new: Conversion.REWRITE
    """What other options of a table do to the values of columns that keep their type."""
    nullable_keys: bool = False
    """A column of a primary key may hold NULL (SQLite)."""
    keeps_orphans: bool = False
    """A foreign key that is recreated leaves the rows alone that had no parent before (SQLite)."""
    updates_fire_triggers: bool = False
    """An UPDATE of ours runs the triggers of the table: there is no way to keep them from it (MySQL, MariaDB)."""
    fits: Callable[[str, Expression], bool] = lambda type_, value: True
    """Whether a column of this type takes such a default, or ON UPDATE, and says the same of it afterwards."""
    rewrites_to_add: Callable[[Column], bool] = lambda column: False
    """Whether adding a column writes every row again, although it is neither computed nor counted."""
    copies_to_rename: Callable[[Table, str], bool] = lambda table, column: False
    """Whether a table is copied to rename a column, because what names it has to be made again (MySQL).

    ``column`` is the new name, by which the table has it already.
    """
    as_collated: Callable[[Table, Table], Table] = lambda old, new: new
    """The wanted table with the collation of the live one, where a bare character set has meant both (MySQL, MariaDB).

    Models name no collation; a table keeps the one that was the default when it was created.
    """
    types_are_texts: bool = False
    """A declared type is its own text: two texts are two types, and no server has another word for one (SQLite)."""
    numbers_itself: Callable[[Table, Column], bool] = lambda table, column: False
    """Whether a column of a table is numbered although nothing says so (SQLite)."""
    lacks_characters: Callable[[Column, Column], bool] = lambda old, new: False
    """Whether the first column refuses characters that the second takes (MySQL, MariaDB)."""
    alters_by_text: bool = False
    """ALTER TABLE reads the texts of all tables before and after: it takes the longer, the more there are (SQLite)."""
    takes_default: Callable[[str], bool] = lambda type_: True
    """Whether a column of such a type may have a literal as its default (MySQL: no text)."""

    def keeps_default(self, old: str, new: str) -> bool:
        """Whether the default of a column is still one when the type changes, since each value fits."""
        fits = self.conversion(old, new) in (Conversion.METADATA, Conversion.REWRITE)
        return old == new or (fits and self.takes_default(new))
