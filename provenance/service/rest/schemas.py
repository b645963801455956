"""OpenAPI descriptions: the body of an alert, and the error answers that all routes share."""

from __future__ import annotations

from typing import Any

_TEXT = {"type": "string"}
ALERT_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "required": ["source", "id", "title"],
                    "properties": {
                        "source": _TEXT,
                        "id": _TEXT,
                        "title": _TEXT,
                        "severity": {"enum": ["low", "medium", "high", "critical"]},
                        "time": {"type": "string", "description": "RFC 3339, or seconds since the epoch"},
                        "host": {"type": "string", "description": "a name or an address"},
                        "process": {
                            "type": "object",
                            "properties": {"pid": {"type": "integer"}, "command": _TEXT, "exe": _TEXT},
                        },
                        "file": {"type": "object", "properties": {"path": _TEXT, "sha256": _TEXT}},
                        "network": {
                            "type": "object",
                            "properties": {"remote_ip": _TEXT, "remote_port": {"type": "integer"}},
                        },
                        "user": _TEXT,
                    },
                }
            },
            "text/plain": {"schema": _TEXT},
        },
    }
}
ERRORS: dict[int | str, dict[str, Any]] = {
    400: {"description": "invalid parameter"},
    401: {"description": "missing or invalid token"},
    403: {"description": "the token lacks the scope"},
    413: {"description": "body too large"},
    429: {"description": "too many requests with this token"},
    503: {"description": "the store is unavailable"},
}
