"""Logs as JSON, a line each, and the audit trail beside them."""

from __future__ import annotations

import json
import logging
import sys
import threading
from datetime import UTC, datetime
from logging.handlers import WatchedFileHandler
from pathlib import Path

from provenance.errors import InputError

_PLAIN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "color_message"}


class JsonLines(logging.Formatter):
    """A record as one line of ASCII JSON: time, level, logger, message and whatever else it was given."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        said: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        said |= {name: value for name, value in vars(record).items() if name not in _PLAIN}
        if record.exc_info:
            said["traceback"] = self.formatException(record.exc_info)
        return json.dumps(said, ensure_ascii=True, default=str)


def configure(audit_log: str) -> None:
    """Send every log of this process to standard error, and the audit trail to a file when one is named. Raises
    InputError when that one cannot be written."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    for name in ("provenance", "uvicorn.error"):
        logging.getLogger(name).setLevel(logging.INFO)
    threading.excepthook = _thread_failed
    if audit_log:
        trail = logging.getLogger("provenance.audit")
        trail.propagate = False
        trail.handlers[:] = [_file(Path(audit_log))]


def _thread_failed(failure: threading.ExceptHookArgs) -> None:
    """A thread that ended by an error of ours, as a log like all others."""
    error = failure.exc_value
    name = failure.thread.name if failure.thread else "?"
    logging.getLogger("provenance.service").error("a thread failed", exc_info=error, extra={"thread_name": name})


def _file(path: Path) -> logging.Handler:
    """A file that is opened anew when somebody moved it away, as logrotate does."""
    try:
        handler = WatchedFileHandler(path, encoding="utf-8")
    except OSError as error:
        raise InputError(f"audit_log: {path}: cannot be written: {error.strerror}") from error
    handler.setFormatter(JsonLines())
    return handler
