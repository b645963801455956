"""Zeek, notices as JSON or as a tab-separated log.

Sources: https://docs.zeek.org/en/master/logs/weird-and-notice.html and Notice::Info in
https://docs.zeek.org/en/master/scripts/base/frameworks/notice/main.zeek.html.
"""

from __future__ import annotations

from collections.abc import Iterator

from provenance.alerts.documents import Document
from provenance.alerts.form import Fields
from provenance.alerts.formats.format import Format
from provenance.alerts.lookup import as_text, first


def _matches(document: Document) -> bool:
    value = document.value
    return value is not None and {"ts", "note"} <= value.keys() and bool({"msg", "actions", "src"} & value.keys())


def _fields(document: Document) -> Iterator[Fields]:
    value = document.value or {}
    note, message = as_text(first(value, "note")), as_text(first(value, "msg"))
    yield {
        "source": "zeek",
        "id": document.name,
        "title": f"{note}: {message}" if note and message else note or message or None,
        "rule": note or None,
        "time": first(value, "ts"),
        "network": {
            "remote_ip": first(value, "id.resp_h", "dst"),
            "remote_port": first(value, "id.resp_p", "p"),
            "local_ip": first(value, "id.orig_h", "src"),
            "local_port": first(value, "id.orig_p"),
            "protocol": first(value, "proto"),
        },
    }


FORMAT = Format("zeek", "Zeek notice", _matches, _fields)
