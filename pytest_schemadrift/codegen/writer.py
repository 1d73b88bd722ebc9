"""What the writers of both styles have in common: the outline of the models, and what the module brings along."""

from __future__ import annotations

from abc import ABC, abstractmethod

from pytest_schemadrift.codegen.enums import Enumerations
from pytest_schemadrift.codegen.module import Job, Module
from pytest_schemadrift.codegen.outline import ModelOutline, Rules, make_outline
from pytest_schemadrift.schema.model import Name


class Writer(ABC):
    """Writes one module; lives for one call."""

    def __init__(self, job: Job, module: Module, rules: Rules) -> None:
        self.job, self.sql, self.module = job, job.sql, module
        self.helpers: set[str] = set()
        self.domains = {str(domain.name): domain.type for domain in job.schema.domains}
        self.outline = make_outline(job.tables, rules, job.unmanaged)
        self.models = self.outline.by_table()
        self.targets = self.outline.targets()
        names = {model.class_name for model in self.outline.models} | rules.taken_classes
        self.enums = Enumerations(job.schema, job.sql.family, names)

    @abstractmethod
    def _model(self, model: ModelOutline) -> list[str]:
        """The source of one model."""

    def _every_model(self) -> list[tuple[Name, list[str]]]:
        models = []
        for done, model in enumerate(self.outline.models, start=1):
            models.append((model.name, self._model(model)))
            self.job.progress(done, len(self.outline.models))
        return models

    def _helper(self, name: str) -> str:
        self.helpers.add(name)
        return name
