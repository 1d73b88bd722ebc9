"""The items: one per table, and one per connection for what belongs to no table."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest

from pytest_schemadrift.errors import mask
from pytest_schemadrift.plugin.failure import Drifted, Share, all_of, changes_text, failure_text, share_of
from pytest_schemadrift.plugin.results import CouldNotTell
from pytest_schemadrift.plugin.run import Run
from pytest_schemadrift.report.words import failed_migration
from pytest_schemadrift.shown import visible

if TYPE_CHECKING:
    from pytest_schemadrift.planning.drift import Drift, Origin
    from pytest_schemadrift.plugin.results import SchemaDrift
    from pytest_schemadrift.schema.model import Name

REST = "everything-else"
"""The item for what belongs to no table of the models: extra tables, enums, schemas."""

CONNECTION, SERVER, CHANGE, IGNORED, ACCEPTED, NOTE = (
    "schemadrift_connection",
    "schemadrift_server",
    "schemadrift_change",
    "schemadrift_ignored",
    "schemadrift_accepted",
    "schemadrift_note",
)
"""Properties of an item's report, which the summary reads in another process; they stand in JUnit XML too."""


class DriftFile(pytest.File):
    """The anchor file; its children are the connections."""

    def collect(self) -> Iterator[Connection | TenantItem]:
        """One collector per connection; of one whose tenants are to be looked at, an item per tenant."""
        run = self.config.stash[Run.KEY]
        run.warn_again()
        for name in run.tables:
            if name not in run.tenants:
                yield Connection.from_parent(self, name=name)
            for tenant in run.tenants.get(name, ()):
                yield TenantItem.of_tenant(self, name, tenant)


class Connection(pytest.Collector):
    """One connection; its children are the tables."""

    def collect(self) -> Iterator[DriftItem]:
        """One item per table of the models, without asking any database, and one for the rest."""
        for table, origin in sorted(self.config.stash[Run.KEY].tables[self.name].items()):
            yield DriftItem.of(self, visible(str(table)), table, origin)
        yield DriftItem.of(self, REST, None, None)


def _wants(schema_drift: SchemaDrift) -> None:
    """Names the fixture that an item needs."""


class DriftItem(pytest.Function):
    """Compares one table with its model. (A ``Function``, because those may use fixtures.)"""

    table: Name | None
    origin: Origin | None
    drift: Drift

    @classmethod
    def of(cls, parent: Connection, name: str, table: Name | None, origin: Origin | None) -> DriftItem:
        """An item for a table whose model is declared at ``origin``, or for what belongs to none."""
        item: DriftItem = cls.from_parent(parent, name=name, callobj=_wants)
        item.table, item.origin = table, origin
        item.add_marker(pytest.mark.schema_drift)
        item.user_properties.append((CONNECTION, parent.name))
        return item

    def setup(self) -> None:
        """Fetch the fixtures and the connection's check: what fails here is an error, not drift."""
        super().setup()
        if self.funcargs["schema_drift"] is None:  # with --setup-plan nothing is run
            return
        schema_drift = cast("SchemaDrift", self.funcargs["schema_drift"])
        drift = self._checked(schema_drift)
        if isinstance(drift, CouldNotTell):
            if not schema_drift.is_first(self.cause, self.nodeid):  # one cause, one error
                pytest.skip(f"not checked: {str(drift).splitlines()[0]}")
            pytest.fail(str(drift), pytrace=False)
        if drift.skipped:
            pytest.skip(drift.skipped.removeprefix("skipped: "))
        self.drift = drift
        share = self.share()
        self.user_properties.append((SERVER, f"{self.drift.dialect} {self.drift.server_version.split(' ')[0]}"))
        self.user_properties.extend(
            (CHANGE, mask(text)) for text in changes_text(self.drift.steps[place] for place in share.steps)
        )
        self.user_properties.extend((IGNORED, visible(text)) for text in share.ignored)
        self.user_properties.extend((ACCEPTED, visible(text)) for text in share.accepted)
        self.user_properties.extend((NOTE, visible(text)) for text in share.notes)

    @property
    def cause(self) -> str:
        """What could not be checked where this item cannot tell: others may say the same."""
        assert self.parent is not None
        return self.parent.name

    def share(self) -> Share:
        """What of the drift this item answers for."""
        return share_of(self.drift, self.table)

    def look(self, schema_drift: SchemaDrift) -> Drift:
        """The drift that this item has its share of. Raises ``CouldNotTell``."""
        assert self.parent is not None
        return schema_drift.check(self.parent.name)

    def _checked(self, schema_drift: SchemaDrift) -> Drift | CouldNotTell:
        try:
            return self.look(schema_drift)
        except CouldNotTell as error:
            return error  # raised again where no other exception is being handled: pytest shows those too

    def runtest(self) -> None:
        """Raise ``Drifted`` where the table is not what its model wants."""
        share = self.share()
        failed = failed_migration(self.drift)
        if failed is not None and not share.unreadable and share.steps:
            pytest.skip(f"not checked: the migration {failed.name} fails")  # one cause, one failure
        if share.steps or share.unreadable or share.pending:
            raise Drifted(self.drift, share)

    def reportinfo(self) -> tuple[Path, int, str]:
        """The model's file and line, so that annotations and editors land on it."""
        assert self.parent is not None
        title = f"{self.parent.name}::{self.name}"
        if self.origin is None:
            return self.path, 0, title
        project_dir = self.config.stash[Run.KEY].project.settings.project_dir
        return project_dir / self.origin.path, self.origin.line - 1, title

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """What a person needs, and no traceback."""
        if not isinstance(excinfo.value, Drifted):
            return super().repr_failure(excinfo)
        assert self.parent is not None
        path, line, title = self.reportinfo()
        if excinfo.value.place is not None:  # the field's own line, known only now: annotations land on it
            field_path, field_line = excinfo.value.place
            project_dir = self.config.stash[Run.KEY].project.settings.project_dir
            relative = os.path.relpath(project_dir / field_path, self.config.rootpath)
            self.location = (relative, field_line - 1, title)
        return failure_text(
            excinfo,
            excinfo.value,
            place=(path, line + 1),
            verbose=self.config.option.verbose > 0,
        )


class TenantItem(DriftItem):
    """Compares all tables of one tenant with the models."""

    connection: str
    tenant: str

    @classmethod
    def of_tenant(cls, parent: DriftFile, connection: str, tenant: str) -> TenantItem:
        """An item ``connection[tenant]``."""
        item: TenantItem = cls.from_parent(parent, name=f"{connection}[{visible(tenant)}]", callobj=_wants)
        item.table, item.origin = None, None
        item.connection, item.tenant = connection, tenant
        item.add_marker(pytest.mark.schema_drift)
        item.user_properties.append((CONNECTION, connection))
        return item

    @property
    def cause(self) -> str:
        """The tenant alone."""
        return self.name

    def share(self) -> Share:
        """All of it."""
        return all_of(self.drift)

    def look(self, schema_drift: SchemaDrift) -> Drift:
        """The tenant's drift. Raises ``CouldNotTell``."""
        return schema_drift.check_tenant(self.connection, self.tenant)

    def reportinfo(self) -> tuple[Path, int, str]:
        """The file that says who the tenants are; a failure lands on the model's line where there is one."""
        return self.path, 0, self.name
