"""Recordings on the servers, each read once however many tests ask for it."""

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
    """Gives the case of a recording on the server of a release line."""
    with ExitStack() as until_the_end:
        made: dict[tuple[str, str], Case] = {}

        def give(line: str, recording: Recording) -> Case:
            key = line, recording.name
            if key not in made:
                made[key] = until_the_end.enter_context(case_on(running(line), of_recording(recording)))
            return made[key]

        yield give


@pytest.fixture(scope="session", params=LINES)
def seed(request: pytest.FixtureRequest, recorded: Recorded) -> Case:
    """The bundled incident."""
    return recorded(request.param, SEED)
