"""Logs: one line of JSON for each record, whatever text it contains."""

from __future__ import annotations

import json
import logging
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provenance.errors import InputError
from provenance.service.logs import JsonLines, configure


def line(message: str, **more: object) -> str:
    record = logging.makeLogRecord({"name": "provenance.service", "levelname": "INFO", "msg": message, "created": 0.5})
    vars(record).update(more)
    return JsonLines().format(record)


@given(st.text(), st.text() | st.integers() | st.none())
def test_a_record_is_one_line_of_ascii(message: str, value: object) -> None:
    written = line(message, value=value)
    assert written.isascii() and written.isprintable()
    parsed = json.loads(written)
    assert parsed == {
        "time": "1970-01-01T00:00:00.500+00:00",
        "level": "info",
        "logger": "provenance.service",
        "message": message,
        "value": value,
    }


def test_an_error_carries_its_traceback() -> None:
    try:
        raise ValueError("\x1b[2J")
    except ValueError as error:
        written = line("it failed", exc_info=(type(error), error, error.__traceback__))
    assert "ValueError: \\u001b[2J" in written and "\n" not in written


@pytest.fixture
def logging_restored(monkeypatch: pytest.MonkeyPatch) -> None:
    """After the test, logging is again as it was before `configure`."""
    for name in ("", "provenance", "uvicorn.error", "provenance.audit"):
        logger = logging.getLogger(name)
        monkeypatch.setattr(logger, "handlers", [*logger.handlers])
        monkeypatch.setattr(logger, "propagate", logger.propagate)
        monkeypatch.setattr(logger, "level", logger.level)
    monkeypatch.setattr(threading, "excepthook", threading.excepthook)


@pytest.mark.usefixtures("logging_restored")
def test_an_error_that_ends_a_thread_is_a_line_of_the_log(capsys: pytest.CaptureFixture[str]) -> None:
    def fail() -> None:
        raise ValueError("out of order")

    configure("")
    thread = threading.Thread(target=fail, name="worker-7")
    thread.start()
    thread.join()
    (record,) = map(json.loads, capsys.readouterr().err.splitlines())
    assert (record["level"], record["message"]) == ("error", "internal error in a thread")
    assert record["thread_name"] == "worker-7"
    assert record["traceback"].endswith("ValueError: out of order")


@pytest.mark.usefixtures("logging_restored")
def test_an_audit_trail_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    trail = tmp_path / "missing" / "audit.log"
    with pytest.raises(InputError, match=f"audit_log: {trail}: cannot be written: No such file or directory"):
        configure(str(trail))


@pytest.mark.usefixtures("logging_restored")
def test_a_moved_audit_trail_continues_in_a_new_file(tmp_path: Path) -> None:
    trail = tmp_path / "audit.log"
    configure(str(trail))
    audit = logging.getLogger("provenance.audit")
    audit.info("first")
    trail.rename(tmp_path / "audit.log.1")
    audit.info("second")
    parsed = [json.loads((tmp_path / name).read_text("utf-8"))["message"] for name in ("audit.log.1", "audit.log")]
    assert parsed == ["first", "second"]
    audit.handlers[0].close()
