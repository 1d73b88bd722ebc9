"""Models for Tortoise ORM: a table as a class, so that its own generator makes the same table again.

What Tortoise has a word for is said in it. For everything else the module brings small classes along
(``tortoise_helpers``) that keep the database's own words: a column type, an index, a constraint.
"""

from __future__ import annotations

import re
from ast import literal_eval
from collections.abc import Sequence
from dataclasses import replace

from pytest_schemadrift.codegen.choice import Choice
from pytest_schemadrift.codegen.defaults import NOW, python_default
from pytest_schemadrift.codegen.emit import (
    INDENT,
    Call,
    Items,
    Node,
    assignment,
    call,
    class_lines,
    given,
    string,
    strings,
)
from pytest_schemadrift.codegen.helpers import with_needs
from pytest_schemadrift.codegen.keys import Key, is_implied, row_key
from pytest_schemadrift.codegen.module import Job, Module, Written
from pytest_schemadrift.codegen.outline import Link, Meta, ModelOutline, Relation, Rules
from pytest_schemadrift.codegen.shapes import (
    is_plain_index,
    is_plain_unique,
    single_key,
    unique_columns,
)
from pytest_schemadrift.codegen.tortoise_helpers import HELPERS, helpers_for
from pytest_schemadrift.codegen.tortoise_relations import Relations, also
from pytest_schemadrift.codegen.tortoise_types import INTEGERS, custom_field, own_field
from pytest_schemadrift.codegen.tortoise_words import installed_words
from pytest_schemadrift.codegen.writer import Writer
from pytest_schemadrift.schema.model import Check, Column, Index, Table

_INDEX_CLASSES = {
    "gin": ("postgres", "GinIndex"),
    "gist": ("postgres", "GistIndex"),
    "brin": ("postgres", "BrinIndex"),
    "hash": ("postgres", "HashIndex"),
    "spgist": ("postgres", "SpGistIndex"),
    "bloom": ("postgres", "BloomIndex"),
    "fulltext": ("mysql", "FullTextIndex"),
    "spatial": ("mysql", "SpatialIndex"),
}
_ESCAPED_WRONGLY = re.compile(r'["\\\n\r\x00\x1a]')
_WRITES_DEFAULT = frozenset(
    [
        *("fields.IntField", "fields.BigIntField", "fields.SmallIntField", "fields.CharField", "fields.BooleanField"),
        *("fields.DecimalField", "fields.FloatField"),
        *("IntColumn", "CharColumn", "DecimalColumn", "FloatColumn", "BoolColumn", "TextColumn"),
    ]
)
"""Fields whose Python default a Tortoise without ``db_default`` writes into the database."""
_NOT_INDEXABLE = frozenset({"fields.TextField", "fields.JSONField", "fields.BinaryField"})


def tortoise_module(job: Job) -> Written:
    """The tables as models of Tortoise."""
    return _Writer(job).written()


class _Writer(Writer):
    def __init__(self, job: Job) -> None:
        from pytest_schemadrift.codegen.tortoise_names import columns_out_of_reach, taken_classes, taken_fields

        self.app, self.words = job.app, installed_words()
        self.chained = False
        self.relations = Relations(job.sql, self.words, job.tables)
        not_expressed = [*job.not_expressed, *columns_out_of_reach(job.tables)]
        module = Module(job.header, {("tortoise", "fields")}, not_expressed)
        super().__init__(
            job, module, Rules(taken_classes(), taken_fields(), self.relations.obstacle, self.relations.is_link)
        )

    def written(self) -> Written:
        """The module's text."""
        models = self._every_model()
        helpers = self.module.bring(with_needs(self.helpers, helpers_for(self.words)))
        enums = [class_lines(f"{enum.name}(StrEnum)", enum.lines()) for enum in self.enums.used()]
        if enums:
            self.module.use("enum", "StrEnum")
        tail: list[str] = []
        if self.chained:
            every = Items(tuple(model.class_name for model in self.outline.models), brackets=True)
            tail = [
                "",
                "# A model comes after those whose one-to-one keys it refers to.",
                *assignment("__models__", every),
            ]
        return self.module.written([*helpers, *enums], models, tail, split=self.job.split)

    # Models --------------------------------------------------------------------------------------------------------

    def _model(self, model: ModelOutline) -> list[str]:
        table, meta = model.table, Meta()
        key = row_key(model, self.sql.family)
        inline = {
            column: index
            for column, index in unique_columns(table).items()
            if column != key.column and self._says_unique(model, column, index)
        }
        body: list[str] = []
        for column in table.columns:
            if column.name in model.relations:
                body += self._relation(model, column, model.relations[column.name], key)
            else:
                body += self._field(model, column, key, unique=column.name in inline)
        body += [line for link in model.links for line in self._link(link)]
        body += self._backward(model)
        self._add_indexes(model, [index for index in table.indexes if index not in inline.values()], meta)
        self._add_constraints(model, key, meta)
        body += [
            "",
            *(f"{INDENT}# {line}" for line in model.reasons()),
            *class_lines("Meta", self._meta_lines(model, key, meta), INDENT),
        ]
        base = _base(key)
        if base == "Model":
            self.module.use("tortoise.models", "Model")
        else:
            self._helper(base)
        if base == "CompositeKey":
            names = strings(model.fields[column] for column in key.columns)
            body = [*assignment("key_fields", names, INDENT), "", *body]
        return class_lines(f"{model.class_name}({base})", body)

    def _says_unique(self, model: ModelOutline, column: str, index: Index) -> bool:
        """Whether a field says that it is unique; if not, a constraint does, which keeps the name."""
        if column in model.relations or self._is_target(model, column):
            return True
        server_chosen = {"postgres": f"{model.name.name}_{column}_key", "mysql": column, "sqlite": None}
        return index.name == server_chosen[self.sql.family]

    # Fields --------------------------------------------------------------------------------------------------------

    def _field(self, model: ModelOutline, column: Column, key: Key, *, unique: bool) -> list[str]:
        table, name = model.table, model.fields[column.name]
        is_key = column.name == key.column
        counts = self.relations.counts(table, column)
        choice = self._choice(table, column, must_index=unique or (is_key and bool(key.columns)), is_key=is_key)
        options: dict[str, Node | None] = {}
        wrapped = is_key and (not key.plain or column.nullable)
        if is_key and not wrapped:
            options[self.words.primary_key] = "True"
        if is_key and counts:
            choice, more = self._counting(table, column, choice, key)
            options |= more
            if wrapped:
                options["generated"] = "True"
        elif counts or column.generated:
            options["generated"] = "True"
        elif is_key and not wrapped and choice.call.name in (*INTEGERS, "IntColumn"):
            options["generated"] = "False"
        options["source_field"] = string(column.name) if name != column.name else None
        nullable = column.nullable or self._says_not_null(column)
        options["null"] = "True" if nullable else None
        targeted = is_key and wrapped and self._is_target(model, column.name)
        options["unique"] = "True" if unique or targeted else None
        if not (is_key and counts):
            choice, more = self._defaulting(table, column, choice)
            options |= more
        options["description"] = self._description(column.comment)
        made = replace(choice.call, keywords=(*choice.call.keywords, *given(options)))
        node: Node = Call(self._helper("key"), (made,)) if wrapped else made
        if choice.call.name == "fields.JSONField":
            self.module.use("typing", "Any")
            name = f"{name}: fields.JSONField[Any]"
        return assignment(name, node, INDENT)

    def _is_target(self, model: ModelOutline, column: str) -> bool:
        """Whether another model refers to the column by its name."""
        return (model.name, column) in self.targets

    def _choice(self, table: Table, column: Column, *, must_index: bool, is_key: bool) -> Choice:
        type_sql = self.sql.column_type(table, column)
        if self._says_not_null(column):
            type_sql += f" NOT NULL ON CONFLICT {dict(column.options)['not_null_on_conflict']}"
        if is_key and self.relations.counts(table, column):
            type_sql = self.relations.key_types.get(table.name, self.relations.reference_type(table, column))
            column = replace(column, type=type_sql)
        enum = self.enums.of(table, column)
        if enum is not None:
            self._helper("EnumColumn")
            return Choice(call("EnumColumn", string(type_sql), enum.name))
        own = own_field(self.sql.family, column, type_sql)
        column = replace(column, type=self.domains.get(column.type, column.type))
        if own is not None and not (must_index and own.call.name in _NOT_INDEXABLE):
            self.module.imports.update(own.imports)
            return own
        custom = custom_field(self.sql.family, column, type_sql, must_index=must_index)
        self._helper(custom.call.name)
        return custom

    @staticmethod
    def _says_not_null(column: Column) -> bool:
        """SQLite's NOT NULL ON CONFLICT, which is kept in the type."""
        return "not_null_on_conflict" in dict(column.options)

    def _counting(
        self, table: Table, column: Column, choice: Choice, key: Key
    ) -> tuple[Choice, dict[str, Node | None]]:
        """A key that the database counts: Tortoise's own where it says the same, else in the database's words."""
        type_sql = self.sql.column_type(table, column)
        if key.plain and choice.call.name in INTEGERS and self._is_tortoises_counter(table, column, type_sql):
            return choice, {}
        text = f"{type_sql} PRIMARY KEY" if key.plain else type_sql
        if self.sql.family == "sqlite":
            text += " AUTOINCREMENT" if column.autoincrement else ""
            text += f" DEFAULT {column.default.sql}" if column.default else ""
        else:
            text = f"{type_sql} NOT NULL" + (" PRIMARY KEY" if key.plain else "")
        self._helper("IntColumn")
        (first,) = choice.call.arguments or (string(self.relations.key_types.get(table.name, column.type)),)
        return Choice(Call("IntColumn", (first,)), "int"), {"generated_sql": string(text)}

    def _is_tortoises_counter(self, table: Table, column: Column, type_sql: str) -> bool:
        """Whether IntField(primary_key=True) and its like make just this column."""
        family = self.sql.family
        reference = self.relations.key_types.get(table.name, "")
        same_type = own_field(family, replace(column, type=reference), reference)
        if same_type is None or column.default or column.options:
            return False
        if family == "sqlite":
            return column.autoincrement and same_type.call.name == "fields.IntField" and type_sql == "INTEGER"
        if family == "mysql":
            return column.autoincrement and type_sql == f"{reference} AUTO_INCREMENT" and reference == column.type
        return column.autoincrement and reference == column.type

    def _defaulting(self, table: Table, column: Column, choice: Choice) -> tuple[Choice, dict[str, Node | None]]:
        """The database's default, as ``db_default`` or in the words of a Tortoise that has none."""
        value = self._default(column, choice)
        if self.words.db_default or column.default is None:
            return choice, {"db_default": value}
        if value == "fields.Now()":
            return choice, {"auto_now_add": "True"}
        name, arguments = choice.call.name, choice.call.arguments
        literal = isinstance(value, str) or (isinstance(value, Call) and value.name == "Decimal")
        if literal and name in _WRITES_DEFAULT:
            return choice, {"default": value}
        words = f" DEFAULT {column.default.sql}"
        if arguments and name in HELPERS:  # a class of ours, whose type is in the database's own words
            type_sql = string(literal_eval(str(arguments[0])) + words)
            return replace(choice, call=replace(choice.call, arguments=(type_sql, *arguments[1:]))), {}
        custom = custom_field(self.sql.family, column, self.sql.column_type(table, column) + words)
        self._helper(custom.call.name)
        return custom, {}

    def _relation_default(self, column: Column) -> Node | None:
        if self.words.db_default:
            return self._default(column, Choice(call(""), "other"))
        return self._default(column, Choice(call(""), "int")) if column.default else None

    def _default(self, column: Column, choice: Choice) -> Node | None:
        if column.default is None:
            return None
        sql = column.default.sql
        if choice.call.name in ("fields.DatetimeField", "DatetimeColumn") and sql == NOW[self.sql.family]:
            return "fields.Now()"
        value = python_default(sql, choice.python)
        if value is None or (self.sql.family == "sqlite" and choice.python == "bool"):
            return call("fields.SqlDefault", string(sql))
        if isinstance(value, Call):
            self.module.use("decimal", "Decimal")
        return value

    def _description(self, comment: str | None) -> Node | None:
        if not comment or not self.sql.has_comments:
            return None
        if self.sql.family == "postgres" and _ESCAPED_WRONGLY.search(comment):
            return call(self._helper("Comment"), string(comment))
        return string(comment)

    def _relation(self, model: ModelOutline, column: Column, relation: Relation, key: Key) -> list[str]:
        target = self.models[relation.target]
        extra = also(relation.key)
        is_key = column.name == key.column
        wrapped = is_key and (not key.plain or column.nullable)  # Tortoise refuses null beside primary_key
        one = relation.one_to_one and not (is_key and len(key.columns) != 1)
        word, nullable = ("OneToOne", "OneToOneNullable") if one else ("ForeignKey", "ForeignKeyNullable")
        options: dict[str, Node | None] = {
            "also": string(extra) if extra else None,
            "related_name": string(relation.related_name),
            "on_delete": f"fields.{self.relations.action(relation.key).replace(' ', '_')}",
            "to_field": self._to_field(target, relation),
            self.words.primary_key: "True" if is_key and not wrapped else None,
            "source_field": string(column.name) if column.name != f"{relation.name}_id" else None,
            "null": "True" if column.nullable else None,
            "db_default" if self.words.db_default else "default": self._relation_default(column),
            "description": self._description(column.comment),
        }
        name = self._helper("OneToOne" if one else "ForeignKey") if extra else f"fields.{word}Field"
        made: Node = Call(name, (string(f"{self.app}.{target.class_name}"),), tuple(given(options)))
        if wrapped:
            made = Call(self._helper("key"), (made,))
        type_ = f"fields.{nullable if column.nullable else word}Relation[{target.class_name}]"
        return assignment(f"{relation.name}: {type_}", made, INDENT)

    def _to_field(self, target: ModelOutline, relation: Relation) -> Node | None:
        if relation.target_column == single_key(target.table) and relation.target_column not in target.relations:
            return None
        self.chained = self.chained or relation.target_column in target.relations
        return string(target.fields[relation.target_column])

    def _link(self, link: Link) -> list[str]:
        target = self.models[link.target]
        options: dict[str, Node | None] = {
            "through": string(link.through.name),
            "forward_key": string(link.forward.columns[0]),
            "backward_key": string(link.backward.columns[0]),
            "related_name": string(link.related_name),
            "on_delete": f"fields.{self.relations.action(link.forward).replace(' ', '_')}",
        }
        made = Call("fields.ManyToManyField", (string(f"{self.app}.{target.class_name}"),), tuple(given(options)))
        return assignment(f"{link.name}: fields.ManyToManyRelation[{target.class_name}]", made, INDENT)

    def _backward(self, model: ModelOutline) -> list[str]:
        words = {
            "many": "fields.ReverseRelation",
            "one": "fields.BackwardOneToOneRelation",
            "links": "fields.ManyToManyRelation",
        }
        return [
            f"{INDENT}{name}: {words[kind]}[{self.models[other].class_name}]"
            for name, kind, other in sorted(model.backward)
        ]

    # Meta ----------------------------------------------------------------------------------------------------------

    def _add_indexes(self, model: ModelOutline, indexes: Sequence[Index], meta: Meta) -> None:
        for index in sorted(indexes, key=lambda index: (index.name or "", index.columns)):
            if is_implied(model.table, index, self.sql.family):
                continue
            if is_plain_unique(index) and self._is_plain_name(index.name):
                self._add_unique(model, index, meta)
            elif index.constraint and self.sql.family != "mysql":
                meta.constraints.append(self._constraint(self.sql.unique(index)))
            elif self._is_plain_index(index) and (node := self._plain_index(model, index)):
                meta.indexes.append(node)
            else:
                statements = self.sql.create_index(model.table, index)
                meta.indexes += [self._statement(sql, index.name) for sql in statements]

    def _is_plain_index(self, index: Index) -> bool:
        return is_plain_index(index) and not index.unique and self._is_plain_name(index.name)

    @staticmethod
    def _is_plain_name(name: str | None) -> bool:
        """Tortoise does not double a quote within a name."""
        return not set(name or "") & {'"', "`"}

    def _add_unique(self, model: ModelOutline, index: Index, meta: Meta) -> None:
        names = strings(model.fields[column] for column in index.columns)
        if index.name is None:
            meta.unique_together.append(names)
            return
        if "UniqueConstraint" not in self.words.constraints:
            meta.constraints.append(self._constraint(self.sql.unique(index)))
            return
        self.module.use("tortoise.migrations.constraints", "UniqueConstraint")
        meta.constraints.append(call("UniqueConstraint", fields=names, name=string(index.name)))

    def _plain_index(self, model: ModelOutline, index: Index) -> Node | None:
        name = "Index"
        if index.method is not None:
            family, name = _INDEX_CLASSES.get(index.method, ("", ""))
            if family != self.sql.family:
                return None
            self.module.use(f"tortoise.contrib.{family}.indexes", name)
        else:
            self.module.use("tortoise.indexes", "Index")
        names = strings(model.fields[column] for column in index.columns)
        return call(name, fields=names, name=string(index.name) if index.name else None)

    def _add_constraints(self, model: ModelOutline, key: Key, meta: Meta) -> None:
        table = model.table
        if not key.plain:
            own = self.sql.primary_key(table, table.primary_key) if table.primary_key else ""
            meta.constraints.insert(0, self._constraint(own, primary_key="True"))
        meta.constraints += [self._check(check) for check in table.checks]
        meta.constraints += [self._constraint(self.sql.exclusion(item)) for item in table.exclusions]
        for item, _ in model.left_out:
            valid = replace(item, validated=True)
            meta.constraints.append(self._constraint(self.sql.foreign_key(valid), afterwards="True"))
        meta.indexes += [self._statement(sql) for sql in self.sql.after_table(table)]

    def _check(self, check: Check) -> Node:
        plain = check.name and self._is_plain_name(check.name) and check.enforced and not check.no_inherit
        if plain and check.name and "CheckConstraint" in self.words.constraints:
            self.module.use("tortoise.migrations.constraints", "CheckConstraint")
            return call("CheckConstraint", check=string(check.expression.sql), name=string(check.name))
        return self._constraint(self.sql.check(replace(check, validated=True)))

    def _constraint(self, sql: str, **options: str) -> Node:
        return call(self._helper("SqlConstraint"), string(sql), **options)

    def _statement(self, sql: str, name: str | None = None) -> Node:
        return call(self._helper("SqlStatement"), string(sql), name=string(name) if name else None)

    def _meta_lines(self, model: ModelOutline, key: Key, meta: Meta) -> list[str]:
        table = model.table
        depth = INDENT * 2
        found = assignment("table", string(table.name.name), depth)
        if table.name.schema:
            found += assignment("schema", string(table.name.schema), depth)
        if not model.managed:
            found += assignment("managed", "False", depth)
        description = self._description(table.comment)
        found += assignment("table_description", description, depth) if description else []
        options = self.sql.table_options(table)
        found += assignment("table_options", string(options), depth) if options else []
        if _base(key) != "Model" and self.sql.family == "mysql":
            found.append(f"{depth}fetch_db_defaults = False  # it would look for the row by one column")
        for name in ("unique_together", "indexes", "constraints"):
            nodes = getattr(meta, name)
            found += assignment(name, Items(tuple(nodes)), depth) if nodes else []
        return found


def _base(key: Key) -> str:
    """The class that a model is derived from."""
    if not key.columns:
        return "NoKey"
    return "Model" if len(key.columns) == 1 else "CompositeKey"


__all__ = ["tortoise_module"]
