"""What the indexes and constraints of partitions have of their own, where those of their parents are recreated.

``ALTER COLUMN TYPE`` makes the indexes of all partitions as the parent's is: under names of the server's, without what
was set for one of them, with the parent's comment (16) or none (18), and without the comments of their constraints
(``findings/postgres-type-change-renames-indexes-of-partitions.sh``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from pytest_schemadrift.dialects.base import RenderContext
from pytest_schemadrift.dialects.postgres.names import do_block, literal, qualified, quote
from pytest_schemadrift.dialects.postgres.write import marks
from pytest_schemadrift.dialects.postgres.write.family import heirs_of
from pytest_schemadrift.schema.model import Mark, Name


def parts_again(table: Name, items: Mapping[str, str], context: RenderContext, column: str = "") -> list[str]:
    """What the parts of some indexes and constraints of a table had; of a column alone, where one is given.

    ``items`` are their names before the plan, each with the one that it has then.

    The statements do nothing where another change of the plan has the index off: it says them when it puts it back.
    """
    found, above, noted = [], set(items), set[str]()
    for heir in heirs_of(table, context):
        for mark in [mark for mark in context.old.marks if (mark.on, mark.owner) == ("index", heir)]:
            if mark.aspect != "part" or mark.values[0] not in above or not _has(mark, column):
                continue
            above.add(mark.name)
            if mark.values[4] or mark.values[0] in noted:
                noted.add(mark.name)
            found += _part_again(heir, mark, items, context, is_noted=mark.name in noted)
        for mark in context.old.marks:
            if (mark.on, mark.owner, mark.aspect) == ("constraint", heir, "comment") and mark.name in above - {""}:
                found += _constraint_again(heir, mark.name, context)
    return found


def _has(mark: Mark, column: str) -> bool:
    _, _, _, _, _, expressions, *columns = mark.values
    return bool(expressions) or not column or column in columns


def _part_again(
    table: Name, mark: Mark, items: Mapping[str, str], context: RenderContext, *, is_noted: bool
) -> list[str]:
    above, named, settings, comment, *_ = mark.values
    parent = literal(items.get(above, above))
    index = qualified(Name(table.schema, mark.name))
    statements = [f"ALTER INDEX {index} SET ({settings})"] if settings else []
    if comment or is_noted:
        statements.append(f"COMMENT ON INDEX {index} IS {literal(comment) if comment else 'NULL'}")
    statements += marks.on_index(table, mark.name, context)
    if not (statements or named):
        return []
    find = (
        "SELECT c.relname FROM pg_catalog.pg_index x JOIN pg_catalog.pg_inherits i ON i.inhrelid = x.indexrelid"
        " JOIN pg_catalog.pg_class c ON c.oid = i.inhrelid JOIN pg_catalog.pg_class p ON p.oid = i.inhparent"
        f" WHERE x.indrelid = {literal(qualified(table))}::regclass::oid AND p.relname = {parent}"
    )
    schema = f"{quote(table.schema)}." if table.schema else ""
    rename = literal(f"ALTER INDEX {schema.replace('%', '%%')}%I RENAME TO {quote(mark.name).replace('%', '%%')}")
    renamed = f"IF part <> {literal(mark.name)} THEN EXECUTE pg_catalog.format({rename}, part); END IF; "
    body = "".join(f"{sql}; " for sql in statements)
    return [do_block(f"IF part IS NOT NULL THEN {renamed}{body}END IF;", f"part name := ({find});")]


def _constraint_again(table: Name, name: str, context: RenderContext) -> Iterable[str]:
    for sql in marks.on_constraint(table, name, context):
        there = (
            "EXISTS (SELECT FROM pg_catalog.pg_constraint"
            f" WHERE conrelid = {literal(qualified(table))}::regclass::oid AND conname = {literal(name)})"
        )
        yield do_block(f"IF {there} THEN {sql}; END IF;")
