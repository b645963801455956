"""An interrupt stays one, whatever the driver stumbles over when it tidies up."""

from __future__ import annotations

import pytest
from neo4j.exceptions import ServiceUnavailable

from provenance.errors import StoreUnreachable
from provenance.store.neo4j.address import parse
from provenance.store.neo4j.errors import translated_errors

ADDRESS = parse("bolt://localhost")


@pytest.mark.parametrize("stumble", [BufferError("half read"), ServiceUnavailable("gone")])
def test_what_comes_of_an_interrupt_is_the_interrupt(stumble: Exception) -> None:
    with pytest.raises(KeyboardInterrupt), translated_errors(ADDRESS, None):
        try:
            raise KeyboardInterrupt
        finally:
            try:
                raise ValueError("on the way")
            except ValueError:
                raise stumble  # noqa: B904


def test_what_comes_of_none_is_what_it_is() -> None:
    with pytest.raises(BufferError), translated_errors(ADDRESS, None):
        raise BufferError
    with pytest.raises(StoreUnreachable), translated_errors(ADDRESS, None):
        raise ServiceUnavailable("gone")
