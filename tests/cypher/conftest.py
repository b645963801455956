"""Recordings on the servers; all tests share one case of each recording."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from tests.cypher.cases import Case, case_on, of_recording
from tests.provenance.recordings.recordings import SEED, Recording
from tests.provenance.store.neo4j.servers import LINES, running

Recorded = Callable[[str, Recording], Case]


@pytest.fixture(scope="session")
def recorded() -> Iterator[Recorded]:
    """A function that returns the case of a recording on the server of a release line."""
    with ExitStack() as stack:
        cases: dict[tuple[str, str], Case] = {}

        def case_of(line: str, recording: Recording) -> Case:
            key = line, recording.name
            if key not in cases:
                cases[key] = stack.enter_context(case_on(running(line), of_recording(recording)))
            return cases[key]

        yield case_of


@pytest.fixture(scope="session", params=LINES)
def seed(request: pytest.FixtureRequest, recorded: Recorded) -> Case:
    """The bundled incident."""
    return recorded(request.param, SEED)
