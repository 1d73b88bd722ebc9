"""Models for Django: a table as a class that reads and writes its rows, with all that the database says of it.

Django makes other tables than these (it writes foreign keys without actions, for example), so its models are unmanaged
unless they are asked to be otherwise. What it has no word for is kept in the database's own words (``django_helpers``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from pytest_schemadrift.codegen.choice import Choice
from pytest_schemadrift.codegen.defaults import python_default
from pytest_schemadrift.codegen.django_helpers import HELPERS
from pytest_schemadrift.codegen.django_names import taken_classes, taken_fields
from pytest_schemadrift.codegen.django_types import custom_field, own_field
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
from pytest_schemadrift.codegen.keys import Key, counts, is_implied, row_key
from pytest_schemadrift.codegen.module import Job, Module, Written
from pytest_schemadrift.codegen.outline import Link, Meta, ModelOutline, Relation, Rules
from pytest_schemadrift.codegen.shapes import is_plain_index, is_plain_unique, single_key, unique_columns
from pytest_schemadrift.codegen.writer import Writer
from pytest_schemadrift.schema.model import Column, ForeignKey, Index, Name, Table

_INDEX_CLASSES = {
    "gin": "GinIndex",
    "gist": "GistIndex",
    "brin": "BrinIndex",
    "hash": "HashIndex",
    "spgist": "SpGistIndex",
}
_ACTIONS = {"CASCADE": "CASCADE", "RESTRICT": "RESTRICT", "SET NULL": "SET_NULL"}
"""What Django does in Python as the database would do it by itself; everything else is left to the database."""
_AUTO_FIELDS = {
    "models.IntegerField": "models.AutoField",
    "models.BigIntegerField": "models.BigAutoField",
    "models.SmallIntegerField": "models.SmallAutoField",
}
_LONGEST_INDEX_NAME = 30


def django_module(job: Job) -> Written:
    """The tables as models of Django."""
    return _Writer(job).written()


class _Writer(Writer):
    def __init__(self, job: Job) -> None:
        self.family = job.sql.family
        self.labels: set[str] = set()
        module = Module(job.header, {("django.db", "models")}, list(job.not_expressed), annotated=False)
        rules = Rules(taken_classes(), taken_fields(), _obstacle, lambda table: False, in_order=False)
        super().__init__(job, module, rules)

    def written(self) -> Written:
        """The module's text."""
        models = self._every_model()
        helpers = self.module.bring(with_needs(self.helpers, HELPERS))
        enums = [class_lines(f"{enum.name}(models.TextChoices)", enum.lines()) for enum in self.enums.used()]
        if any(module.startswith("django.contrib.postgres") for module, _ in self.module.imports):
            self.module.remarks.append('Put "django.contrib.postgres" into INSTALLED_APPS: fields and indexes are its.')
        return self.module.written([*helpers, *enums], models, split=self.job.split)

    # Models --------------------------------------------------------------------------------------------------------

    def _model(self, model: ModelOutline) -> list[str]:
        table, meta = model.table, Meta()
        key = row_key(model, self.family)
        composite = len(key.columns) > 1
        inline = {
            column: index
            for column, index in unique_columns(table).items()
            if column != key.column or (composite and (model.name, column) in self.targets)
        }
        if not composite and not table.primary_key:
            inline |= {column: index for column, index in unique_columns(table).items() if column == key.column}
        body: list[str] = []
        if composite:
            names = tuple(string(model.fields[column]) for column in key.columns)
            body += assignment("pk", Call("models.CompositePrimaryKey", names), INDENT)
        for column in table.columns:
            if column.name in model.relations:
                body += self._relation(model, column, model.relations[column.name], key)
            else:
                body += self._field(model, column, key, unique=column.name in inline)
        for link in model.links:
            body += self._link(link)
        self._add_indexes(model, [index for index in table.indexes if index not in inline.values()], meta)
        self._add_constraints(model, meta)
        reasons = [f"{INDENT}# {line}" for line in model.reasons()]
        body += ["", *reasons, *class_lines("Meta", self._meta_lines(model, meta), INDENT)]
        base = "models.Model" if key.columns else self._helper("NoKey")
        return class_lines(f"{model.class_name}({base})", body)

    # Fields --------------------------------------------------------------------------------------------------------

    def _field(self, model: ModelOutline, column: Column, key: Key, *, unique: bool) -> list[str]:
        table, name = model.table, model.fields[column.name]
        in_key = column.name in key.columns
        alone = column.name == key.column and len(key.columns) < 2
        counting = counts(table, column, self.family)
        choice = self._choice(table, column)
        options: dict[str, Node | None] = {}
        if alone:
            options["primary_key"] = "True"
            if counting:
                choice = self._counting(table, column, choice)
        options["db_column"] = string(column.name) if name != column.name else None
        if column.nullable and not alone and not in_key:
            options |= {"null": "True", "blank": "True"}
        options["unique"] = "True" if unique and not alone else None
        if counting and not alone:
            options["db_default"] = self._expression("DEFAULT")
        elif not counting:
            options["db_default"] = self._default(column, choice)
        options["db_comment"] = self._comment(column.comment)
        if column.generated is not None:
            options = {
                "expression": self._expression(column.generated.expression.sql),
                "output_field": choice.call,
                "db_persist": str(column.generated.stored),
                **{name: value for name, value in options.items() if name not in ("db_default", "null", "blank")},
            }
            choice = Choice(call("models.GeneratedField"))
        self._import(choice)
        return assignment(name, replace(choice.call, keywords=(*choice.call.keywords, *given(options))), INDENT)

    def _import(self, choice: Choice) -> None:
        self.module.imports.update(choice.imports)
        if choice.call.name in HELPERS:
            self._helper(choice.call.name)

    def _choice(self, table: Table, column: Column) -> Choice:
        bare = replace(column, generated=None, autoincrement=False, identity=None, on_update=None)
        type_sql = self.sql.column_type(table, bare)
        enum = self.enums.of(table, column)
        if enum is not None:
            found = Choice(call("TypedTextField", sql_type=string(type_sql), choices=f"{enum.name}.choices"))
        else:
            own = own_field(self.family, column.type, column.name) if type_sql == column.type else None
            found = own or custom_field(self.domains.get(column.type, column.type), type_sql)
        self._import(found)
        return found

    def _counting(self, table: Table, column: Column, choice: Choice) -> Choice:
        """The key that the database counts."""
        auto = _AUTO_FIELDS.get(choice.call.name)
        if auto is not None:
            return Choice(call(auto))
        type_sql = self.sql.column_type(table, replace(column, autoincrement=False, identity=None))
        return Choice(call("TypedAutoField", sql_type=string(type_sql)))

    def _expression(self, sql: str) -> Node:
        return call(self._helper("Sql"), string(sql))

    def _default(self, column: Column, choice: Choice) -> Node | None:
        if column.default is None:
            return None
        value = python_default(column.default.sql, choice.python)
        if value is None:
            return self._expression(column.default.sql)
        if isinstance(value, Call):
            self.module.use("decimal", "Decimal")
        return value

    def _comment(self, comment: str | None) -> Node | None:
        return string(comment) if comment and self.sql.has_comments else None

    def _relation(self, model: ModelOutline, column: Column, relation: Relation, key: Key) -> list[str]:
        target = self.models[relation.target]
        alone = column.name == key.column and len(key.columns) < 2
        one = (relation.one_to_one and not (column.name == key.column and not alone)) or (alone and bool(key.columns))
        null = column.nullable and not alone and column.name not in key.columns
        action = _ACTIONS.get(relation.key.on_delete, "DO_NOTHING")
        if action == "SET_NULL" and not null:
            action = "DO_NOTHING"
        options: dict[str, Node | None] = {
            "related_name": string(relation.related_name),
            "to_field": self._to_field(target, relation),
            "primary_key": "True" if alone else None,
            "db_column": string(column.name) if column.name != f"{relation.name}_id" else None,
            "null": "True" if null else None,
            "blank": "True" if null else None,
            "db_index": None if one or self.family == "mysql" else "False",
            "db_default": self._default(column, Choice(call(""))),
            "db_comment": self._comment(column.comment),
        }
        made = Call(
            "models.OneToOneField" if one else "models.ForeignKey",
            (string(target.class_name), f"models.{action}"),
            tuple(given(options)),
        )
        return [*self._said(relation.key, action), *assignment(relation.name, made, INDENT)]

    @staticmethod
    def _said(key: ForeignKey, action: str) -> list[str]:
        """What the key says in the database and Django cannot."""
        words = []
        if key.on_delete != "NO ACTION" and (action == "DO_NOTHING" or key.on_delete not in _ACTIONS):
            words.append(f"ON DELETE {key.on_delete}")
        words += [f"ON UPDATE {key.on_update}"] if key.on_update != "NO ACTION" else []
        words += [f"MATCH {key.match}"] if key.match != "SIMPLE" else []
        if key.initially_deferred or key.deferrable:
            words.append("DEFERRABLE INITIALLY DEFERRED" if key.initially_deferred else "DEFERRABLE")
        return [f"{INDENT}# The database does it: {' '.join(words)}."] if words else []

    def _to_field(self, target: ModelOutline, relation: Relation) -> Node | None:
        if relation.target_column == single_key(target.table):
            return None
        further = target.relations.get(relation.target_column)
        return string(further.name if further else target.fields[relation.target_column])

    def _link(self, link: Link) -> list[str]:
        through, target = self.models[link.through], self.models[link.target]
        ends = [through.relations.get(key.columns[0]) for key in (link.backward, link.forward)]
        if None in ends:
            return []
        itself = link.backward.ref_table == link.forward.ref_table
        options: dict[str, Node | None] = {
            "through": string(through.class_name),
            "through_fields": strings(end.name for end in ends if end),
            "related_name": string(link.related_name),
            "symmetrical": "False" if itself else None,
        }
        made = Call("models.ManyToManyField", (string(target.class_name),), tuple(given(options)))
        return assignment(link.name, made, INDENT)

    # Meta ----------------------------------------------------------------------------------------------------------

    def _label(self, name: str, table: Table) -> str:
        """A name for Django, which wants every one of them once in the project and none to begin with a digit."""
        label = name if name[:1].isalpha() else f"{table.name.name}_{name}".lstrip("_0123456789") or "named"
        number = 2
        base = label
        while label in self.labels:
            label = f"{base}_{table.name.name}" if number == 2 else f"{base}_{number}"
            number += 1
        self.labels.add(label)
        return label

    def _add_indexes(self, model: ModelOutline, indexes: Sequence[Index], meta: Meta) -> None:
        for index in sorted(indexes, key=lambda index: (index.name or "", index.columns)):
            if is_implied(model.table, index, self.family):
                continue
            if is_plain_unique(index):
                self._add_unique(model, index, meta)
            elif index.constraint and self.family != "mysql":
                meta.constraints.append(self._constraint(model, self.sql.unique(index), index.name))
            else:
                meta.indexes += self._index(model, index)

    def _add_unique(self, model: ModelOutline, index: Index, meta: Meta) -> None:
        names = strings(model.attribute(column) for column in index.columns)
        if index.name is None:
            meta.unique_together.append(names)
            return
        label = string(self._label(index.name, model.table))
        meta.constraints.append(call("models.UniqueConstraint", fields=names, name=label))

    def _index(self, model: ModelOutline, index: Index) -> list[Node]:
        label = self._label(index.name or "index", model.table)
        names = strings(model.attribute(column) for column in index.columns)
        known = index.method is None or (self.family == "postgres" and index.method in _INDEX_CLASSES)
        if is_plain_index(index) and not index.unique and known and label == index.name:
            if index.method is not None:
                cls = _INDEX_CLASSES[index.method]
                if len(label) <= _LONGEST_INDEX_NAME:
                    self.module.use("django.contrib.postgres.indexes", cls)
                    return [call(cls, fields=names, name=string(label))]
            else:
                cls = "models.Index" if len(label) <= _LONGEST_INDEX_NAME else self._helper("NamedIndex")
                return [call(cls, fields=names, name=string(label))]
        if not index.columns:
            names = strings([model.attribute(model.table.columns[0].name)])
        found: list[Node] = []
        for sql in self.sql.create_index(model.table, index):
            found.append(call(self._helper("SqlIndex"), string(sql), fields=names, name=string(label)))
            label = self._label(f"{label}_comment", model.table)
        return found

    def _add_constraints(self, model: ModelOutline, meta: Meta) -> None:
        table = model.table
        for check in table.checks:
            sql = self.sql.check(replace(check, validated=True))
            meta.constraints.append(self._constraint(model, sql, check.name or f"{table.name.name}_check"))
        for item in table.exclusions:
            meta.constraints.append(self._constraint(model, self.sql.exclusion(item), item.name))
        for key, _ in model.left_out:
            sql = self.sql.foreign_key(replace(key, validated=True))
            meta.constraints.append(self._constraint(model, sql, key.name or f"{table.name.name}_key"))

    def _constraint(self, model: ModelOutline, sql: str, name: str | None) -> Node:
        label = self._label(name or f"{model.name.name}_constraint", model.table)
        return call(self._helper("SqlConstraint"), string(sql), name=string(label))

    def _meta_lines(self, model: ModelOutline, meta: Meta) -> list[str]:
        depth = INDENT * 2
        found = []
        if self.job.app != "models":
            found += assignment("app_label", string(self.job.app), depth)
        if not model.managed:
            found += assignment("managed", "False", depth)
        found += assignment("db_table", string(_db_table(model.name)), depth)
        comment = self._comment(model.table.comment)
        found += assignment("db_table_comment", comment, depth) if comment else []
        for name in ("unique_together", "indexes", "constraints"):
            nodes = getattr(meta, name)
            found += assignment(name, Items(tuple(nodes), brackets=True), depth) if nodes else []
        return found


def _obstacle(table: Table, key: ForeignKey, column: Column, target: Table, other: Column) -> str:
    return "its column is computed" if column.generated else ""


def _db_table(name: Name) -> str:
    """Django leaves a name in quotes as it is, which is its only way to name a schema."""
    if not name.schema:
        return name.name
    return ".".join('"' + part.replace('"', '""') + '"' for part in name)
