"""An interrupt is raised as such, even if the driver fails while it cleans up."""

from __future__ import annotations

import pytest
from neo4j.exceptions import ServiceUnavailable

from provenance.errors import StoreUnreachable
from provenance.store.neo4j.address import parse
from provenance.store.neo4j.errors import translated_errors

ADDRESS = parse("bolt://localhost")


@pytest.mark.parametrize("failure", [BufferError("half read"), ServiceUnavailable("gone")])
def test_an_interrupt_is_raised(failure: Exception) -> None:
    with pytest.raises(KeyboardInterrupt), translated_errors(ADDRESS, None):
        try:
            raise KeyboardInterrupt
        finally:
            try:
                raise ValueError("on the way")
            except ValueError:
                raise failure  # noqa: B904


def test_other_errors_are_raised() -> None:
    with pytest.raises(BufferError), translated_errors(ADDRESS, None):
        raise BufferError
    with pytest.raises(StoreUnreachable), translated_errors(ADDRESS, None):
        raise ServiceUnavailable("gone")
