"""Effects of one program at very different times: each is shown at its own time, also when no other program ran in between."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.ingest.script import Script
from tests.provenance.trace.servers import NEW, PEER, harm, server, story_of

ALERT = "^bash /tmp/.x$"


@pytest.mark.parametrize(("pause", "apart"), [(10_000, False), (3_600_000, True)])
def test_what_a_shell_writes_much_later_is_a_step_of_its_own(tmp_path: Path, pause: int, apart: bool) -> None:
    script = Script()
    shop = server(script, 8080)
    shop.accepts(3, 9, PEER, 40_000)
    shell = harm(shop)
    script.wait(pause)
    shell.opens("/opt/maint/run.sh", NEW, fd=6)
    story = story_of(tmp_path, script, ALERT)
    lines = [line for line in story.splitlines() if ": bash /tmp/.x → " in line]
    assert len(lines) == (2 if apart else 1)
    assert "contacts 203.0.113.9:8443" in lines[0] and "writes /opt/maint/run.sh" in lines[-1]
    if apart:
        assert "writes" not in lines[0] and "23:13:" in lines[1]
