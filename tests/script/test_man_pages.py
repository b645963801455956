"""The manual pages: one of each command, in valid man(7), with every option and example."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from provenance.cli.overview import COMMANDS
from script.man_pages import pages, write

PAGES = dict(pages())


def test_each_command_and_action_has_a_page() -> None:
    assert {f"provenance-{name}.1" for name in COMMANDS} <= PAGES.keys()
    assert {"provenance.1", "provenance-token-create.1"} <= PAGES.keys()


def test_a_page_has_the_options_and_the_examples() -> None:
    page = PAGES["provenance-find.1"].replace("\\-", "-")
    for part in (
        ".B --remote IP[:PORT]",
        ".B --timezone NAME",
        "provenance find --file \\(aq/tmp/*.sh\\(aq",
        ".SH EXIT STATUS",
    ):
        assert part in page


@pytest.mark.parametrize("name", PAGES)
def test_only_known_requests_begin_with_a_dot(name: str) -> None:
    requests = re.findall(r"^[.'](\w*)", PAGES[name], re.MULTILINE)
    assert set(requests) <= {"TH", "SH", "TP", "PP", "B", "BR", "nh", "ad", "nf", "fi"}


@pytest.mark.skipif(shutil.which("groff") is None, reason="groff is not installed")
def test_groff_has_no_complaint(tmp_path: Path) -> None:
    done = subprocess.run(
        ["groff", "-man", "-Tascii", "-ww", "-z", *write(tmp_path)], capture_output=True, encoding="utf-8", timeout=60
    )
    assert (done.returncode, done.stderr) == (0, "")
