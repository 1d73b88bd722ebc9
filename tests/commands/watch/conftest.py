"""What tests of a watch share."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest


@pytest.fixture(scope="module", autouse=True)
def _small_heap() -> Iterator[None]:
    """A watch collects garbage after every round; that of the whole suite, which is none, would be half of the time."""
    gc.freeze()
    yield
    gc.unfreeze()
