"""Storage of ties as documents: the incidents that may have an alert with a tie."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from hashlib import blake2b

from provenance.service.incidents.lock import require_written
from provenance.service.incidents.records import TIE, TieRecord
from provenance.store.documents import Document, Documents


def incidents_with(documents: Documents, links: Sequence[str]) -> set[str]:
    """The ids of the incidents that may have an alert with one of these ties."""
    stored = documents.get_many([(TIE, tie_key(link)) for link in links])
    return {id for document in stored if document is not None for id in TieRecord.of(document).incidents}


def add_ties(documents: Documents, links: Sequence[str], incident: str) -> None:
    """Adds an incident to each of these ties. All documents are read at once, and only the changed ones are written: an alert has
    up to 200 ties."""
    links = list(dict.fromkeys(links))
    stored = documents.get_many([(TIE, tie_key(link)) for link in links])
    new = [link for link, document in zip(links, stored, strict=True) if document is None]
    if new:
        records = [TieRecord(link, (incident,)) for link in new]
        require_written(all(documents.add_all([Document(TIE, tie_key(one.tie), one.to_body()) for one in records])))
    for document in stored:
        record = None if document is None else TieRecord.of(document)
        if document is not None and record is not None and incident not in record.incidents:
            both = replace(record, incidents=tuple(sorted({*record.incidents, incident})))
            require_written(documents.replace(document, both.to_body()))


def remove_tie(documents: Documents, link: str, incident: str) -> None:
    """Removes an incident, which has no alert with a tie any more, from that tie."""
    document = documents.get(TIE, tie_key(link))
    record = None if document is None else TieRecord.of(document)
    if document is not None and record is not None and incident in record.incidents:
        others = TieRecord(link, tuple(id for id in record.incidents if id != incident))
        require_written(documents.replace(document, others.to_body()))


def tie_key(link: str) -> str:
    """The key of a tie's document."""
    return blake2b(link.encode("utf-8", "surrogateescape"), digest_size=16).hexdigest()
