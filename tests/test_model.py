"""Schemas as values that are kept from one run to the next."""

from __future__ import annotations

import pickle

from pytest_schemadrift.schema.build import make_schema, make_table
from pytest_schemadrift.schema.model import Check, Column, Expression, Generated, Index, IndexPart, Name


def test_a_pickled_schema_comes_back_with_what_equality_does_not_see() -> None:
    total = Generated(Expression("price*2", "price * 2"), stored=True)
    table = make_table(
        Name("", "orders"),
        [Column("total", "int", generated=total), Column("made", "date", default=Expression("now()", "NOW()"))],
        indexes=[Index("ix", (IndexPart("made", descending=True),))],
        checks=[Check("c", Expression("total>0", "total > 0"), column="total")],
    )
    schema = make_schema("postgres", tables=[table], namespaces=["audit"])

    back = pickle.loads(pickle.dumps(schema))

    assert back == schema
    [again] = back.tables
    assert again.columns[0].generated.expression.sql == "price*2"
    assert again.columns[1].default.sql == "now()"
    assert again.checks[0].column == "total"
