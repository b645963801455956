"""The progress bar on a terminal."""

from __future__ import annotations

import os
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from provenance.cli.progress import progress_bar
from provenance.intake.reading.progress import Progress


def read_until_closed(terminal: int) -> str:
    """What programs write to a terminal until the last one closes it."""
    parts: list[bytes] = []
    try:
        while part := os.read(terminal, 4096):
            parts.append(part)
    except OSError:  # Linux reports EIO when the other end is closed.
        pass
    finally:
        os.close(terminal)
    return b"".join(parts).decode()


def terminal_output(monkeypatch: pytest.MonkeyPatch, *reports: Progress) -> str:
    """What a terminal of 120 columns receives while an ingest reports its progress."""
    for name in ("NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "120")
    ours, theirs = os.openpty()
    with ThreadPoolExecutor(1) as reader:
        received = reader.submit(read_until_closed, ours)
        with os.fdopen(theirs, "w", encoding="utf-8") as terminal, monkeypatch.context() as patch:
            patch.setattr(sys, "stderr", terminal)
            with progress_bar() as report:
                for one in reports:
                    report(one)
        return received.result()


def test_a_terminal_shows_the_last_report_and_is_left_clean(monkeypatch: pytest.MonkeyPatch) -> None:
    text = terminal_output(
        monkeypatch, Progress("audit.log.1", 10, 4_000, 7), Progress("audit.log", 2_000, 4_000, 1_234)
    )
    assert "audit.log " in text and "1,234 events" in text and "2.0/4.0 kB" in text
    assert text.endswith("\x1b[2K"), "the line of the bar is erased"


def test_a_total_that_is_unknown_is_shown_as_such(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "2.0/? kB" in terminal_output(monkeypatch, Progress("audit.log.gz", 2_000, None, 5))


def test_the_name_of_a_source_is_escaped_and_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file's name may hold the terminal's control characters, and rich's markup."""
    text = terminal_output(monkeypatch, Progress("[red]\x1b]0;title\x07" + "x" * 100, 1, 2, 3))
    assert "\x1b]0;" not in text and "\x07" not in text
    assert "[red]" in text and "x" in text and "x" * 30 not in text


def test_nothing_is_shown_where_there_is_no_terminal(capfd: pytest.CaptureFixture[str]) -> None:
    with progress_bar() as report:
        report(Progress("audit.log", 1, 2, 3))
    assert capfd.readouterr() == ("", "")
