"""Logging of the service: JSON lines on standard error, and the audit trail."""

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
    """Formats a log record as one line of ASCII JSON: time, level, logger, message and its extra fields."""

    def format(self, record: logging.LogRecord) -> str:
        """The JSON line of a record."""
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        line |= {name: value for name, value in vars(record).items() if name not in _PLAIN}
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=True, default=str)


def configure(audit_log: str) -> None:
    """Sends all logs of this process to standard error, and the audit trail to the file `audit_log` unless that is empty.
    Raises InputError if the file cannot be written."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    for name in ("provenance", "uvicorn.error"):
        logging.getLogger(name).setLevel(logging.INFO)
    threading.excepthook = _log_thread_error
    if audit_log:
        trail = logging.getLogger("provenance.audit")
        trail.propagate = False
        trail.handlers[:] = [_file(Path(audit_log))]


def _log_thread_error(failure: threading.ExceptHookArgs) -> None:
    """Logs the exception that ended a thread."""
    error = failure.exc_value
    name = failure.thread.name if failure.thread else "?"
    logging.getLogger("provenance.service").error(
        "internal error in a thread", exc_info=error, extra={"thread_name": name}
    )


def _file(path: Path) -> logging.Handler:
    """The handler of a log file, which it opens again after logrotate has moved it away."""
    try:
        handler = WatchedFileHandler(path, encoding="utf-8")
    except OSError as error:
        raise InputError(f"audit_log: {path}: cannot be written: {error.strerror}") from error
    handler.setFormatter(JsonLines())
    return handler
