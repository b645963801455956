"""Reading of the bytes of a request or a file into alerts, and into rejects that say what is invalid and where."""

from __future__ import annotations

import codecs
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from provenance.alerts.alert import Alert
from provenance.alerts.aliases import resolve_host
from provenance.alerts.documents import Broken, Document, documents
from provenance.alerts.envelopes import unwrap
from provenance.alerts.form import Fields, alert
from provenance.alerts.formats import FORMATS, Format
from provenance.errors import InputError, UsageError

UNKNOWN = "unknown format: name the format, or map its fields"
"""The reason of a reject of which no format is recognised."""
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


@dataclass(frozen=True, slots=True)
class Reject:
    """A rejected part of a body: its place, the reason and its text. `format` is the format it was read as, if any."""

    place: str
    reason: str
    original: str
    format: str | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """The alerts and rejects of a body, in the order of the body."""

    alerts: tuple[Alert, ...] = ()
    rejects: tuple[Reject, ...] = ()


def read(
    body: bytes, format: str | None = None, mapping: Format | None = None, aliases: Mapping[str, str] | None = None
) -> Reading:
    """The alerts of a body. The format of each is recognised, unless `format` (a name in FORMATS) gives one for all. A
    `mapping` (from `parse_mapping`) is tried before the built-in formats; `aliases` (from `parse_aliases`) maps names of hosts
    to their names in the logs.

    No body raises an error: a part that is not an alert becomes a reject. Bytes that are not UTF-8 become lone surrogates
    (PEP 383). Raises UsageError for an unknown format.
    """
    requested = None if format is None else format_by_name(format, mapping)
    alerts: list[Alert] = []
    rejects: list[Reject] = []
    for item in (inner for outer in documents(_decode(body)) for inner in unwrap(outer)):
        if isinstance(item, Broken):
            rejects.append(Reject(item.place, item.reason, item.text, format))
            continue
        item_format = requested or recognise(item, mapping)
        if item_format is None:
            rejects.append(Reject(item.place, UNKNOWN, item.text))
            continue
        for result in _alerts(item, item_format):
            if isinstance(result, Reject):
                rejects.append(result)
            else:
                alerts.append(resolve_host(result, aliases) if aliases else result)
    if not alerts and not rejects:
        rejects.append(Reject("line 1", "the input holds no alert", ""))
    return Reading(tuple(alerts), tuple(rejects))


def recognise(document: Document, mapping: Format | None = None) -> Format | None:
    """The format of a document, None when it is unknown."""
    formats = (*([mapping] if mapping else []), *FORMATS.values())
    return next((known for known in formats if known.matches(document)), None)


def format_by_name(format: str, mapping: Format | None = None) -> Format:
    """The format with a name: a built-in one, or the site's mapping. Raises UsageError."""
    if mapping is not None and format == mapping.name:
        return mapping
    try:
        return FORMATS[format]
    except KeyError:
        raise UsageError(f"unknown alert format {format!r}: expected one of {', '.join(FORMATS)}") from None


def _alerts(document: Document, format: Format) -> Iterator[Alert | Reject]:
    if document.value is None and not format.line:
        yield Reject(document.place, "not a JSON object", document.text, format.name)
        return
    empty = True
    try:
        for fields in format.fields(document):
            empty = False
            yield _one(fields, document, format)
        if empty:
            yield Reject(document.place, "no alerts in it", document.text, format.name)
    except InputError as error:
        yield Reject(document.place, str(error), document.text, format.name)
    except RecursionError:  # JSON just shallow enough to be decoded can be too deep to be encoded again for its id
        yield Reject(document.place, "JSON nested too deeply", document.text, format.name)


def _one(fields: Fields, document: Document, format: Format) -> Alert | Reject:
    unread = (*document.unread, *fields.get("unread", ()))
    try:
        return alert({**fields, "unread": unread}, format.name, document.text, format.strict)
    except InputError as error:
        return Reject(document.place, str(error), document.text, format.name)


def _decode(body: bytes) -> str:
    if body.startswith(_UTF16):
        return body.decode("utf-16", "replace")
    return body.decode("utf-8", "surrogateescape")
