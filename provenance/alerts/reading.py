"""From the bytes of a request or a file to alerts, and rejects that say where and why."""

from __future__ import annotations

import codecs
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from provenance.alerts.aliases import resolved
from provenance.alerts.documents import Broken, Document, documents
from provenance.alerts.envelopes import opened
from provenance.alerts.form import Fields, alert
from provenance.alerts.formats import FORMATS, Format
from provenance.errors import InputError, UsageError
from provenance.store.interface import Alert

_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


@dataclass(frozen=True, slots=True)
class Reject:
    """What was no alert: its place in the body, why, and its text. `format` is what it was taken for, if anything."""

    place: str
    reason: str
    original: str
    format: str | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """Everything a body held, in its order."""

    alerts: tuple[Alert, ...] = ()
    rejects: tuple[Reject, ...] = ()


def read(
    body: bytes, format: str | None = None, mapping: Format | None = None, aliases: Mapping[str, str] | None = None
) -> Reading:
    """The alerts of a body, each of the format that it is recognised as, or all of `format` (a name of FORMATS). A
    `mapping` (of `parse_mapping`) goes before the formats that are recognised; `aliases` (of `parse_aliases`) says what
    hosts are called in their logs.

    No body raises: what is no alert is a reject. Bytes that are not UTF-8 stand as lone surrogates (PEP 383). Raises
    UsageError for a format that there is none of.
    """
    asked = None if format is None else named(format, mapping)
    alerts: list[Alert] = []
    rejects: list[Reject] = []
    for piece in (inner for outer in documents(_decoded(body)) for inner in opened(outer)):
        if isinstance(piece, Broken):
            rejects.append(Reject(piece.place, piece.reason, piece.text, format))
            continue
        its = asked or recognised(piece, mapping)
        if its is None:
            rejects.append(Reject(piece.place, "of no format that is known: name it, or map its fields", piece.text))
            continue
        for made in _alerts(piece, its):
            if isinstance(made, Reject):
                rejects.append(made)
            else:
                alerts.append(resolved(made, aliases) if aliases else made)
    if not alerts and not rejects:
        rejects.append(Reject("line 1", "nothing to read", ""))
    return Reading(tuple(alerts), tuple(rejects))


def recognised(document: Document, mapping: Format | None = None) -> Format | None:
    """The format of a document, None when it is of none."""
    tried = (*([mapping] if mapping else []), *FORMATS.values())
    return next((known for known in tried if known.matches(document)), None)


def named(format: str, mapping: Format | None = None) -> Format:
    """A format by its name, or the mapping by its own. Raises UsageError."""
    if mapping is not None and format == mapping.name:
        return mapping
    try:
        return FORMATS[format]
    except KeyError:
        raise UsageError(f"{format!r} is no format of alerts: {', '.join(FORMATS)}") from None


def _alerts(document: Document, format: Format) -> Iterator[Alert | Reject]:
    if document.value is None and not format.line:
        yield Reject(document.place, "no JSON object", document.text, format.name)
        return
    none = True
    try:
        for fields in format.fields(document):
            none = False
            yield _one(fields, document, format)
        if none:
            yield Reject(document.place, "holds no alerts", document.text, format.name)
    except InputError as error:
        yield Reject(document.place, str(error), document.text, format.name)
    except RecursionError:  # what was just not too deep to be read can be too deep to be named
        yield Reject(document.place, "it is nested too deeply", document.text, format.name)


def _one(fields: Fields, document: Document, format: Format) -> Alert | Reject:
    unread = (*document.unread, *fields.get("unread", ()))
    try:
        return alert({**fields, "unread": unread}, format.name, document.text, format.strict)
    except InputError as error:
        return Reject(document.place, str(error), document.text, format.name)


def _decoded(body: bytes) -> str:
    if body.startswith(_UTF16):
        return body.decode("utf-16", "replace")
    return body.decode("utf-8", "surrogateescape")
