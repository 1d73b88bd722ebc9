"""The kinds of change, under the name that projects import them by: their hooks look at changes."""

from pytest_schemadrift.schema.changes import *  # noqa: F403
