"""Search by the hash of a file: the files with the hash, and the entities that alerts with the hash are about."""

from __future__ import annotations

import re

from provenance.alerts.hashes import alerts_with_hash
from provenance.alerts.record import AlertRecord
from provenance.ingest.identity import EntityKind, IdentityError, parse_id
from provenance.store.interface import Node, Selector, Store
from provenance.text.hashes import read_hash

_GLOB = re.compile(r"([*?[])")


def entities_with_hash(store: Store, hash: str, kinds: frozenset[EntityKind] | None, host: str | None) -> list[Node]:
    """The files that had a hash, the entities that alerts with the hash are about, and the files on their hosts at the paths in
    these alerts; in order of time. Raises UsageError for an invalid hash."""
    spelling = read_hash(hash)
    found = {node.id: node for node in store.find(Selector(hash=spelling))}
    hosts = {summary.host for summary in store.hosts()}
    for document in alerts_with_hash(store.documents(), spelling):
        record = AlertRecord.of(document)
        candidates = store.nodes(_candidate_ids(record))
        found |= candidates
        fields = record.alert.fields
        alert_hosts = {*(node.host for node in candidates.values()), fields.host}
        for host_of_file in hosts & alert_hosts:
            found |= _files_at(store, host_of_file, fields.file.path)
    of_kinds = (node for node in found.values() if kinds is None or node.kind in kinds)
    return sorted((node for node in of_kinds if host in (None, node.host)), key=lambda node: (node.first, node.id))


def _candidate_ids(record: AlertRecord) -> list[int]:
    found = []
    for candidate in record.candidates or ():
        try:
            found.append(parse_id(candidate.node)[1])
        except IdentityError:
            continue
    return found


def _files_at(store: Store, host: str, path: str | None) -> dict[int, Node]:
    """The files of a host that had a path at any time."""
    if path is None:
        return {}
    files = Selector(frozenset((EntityKind.FILE,)), host, file=_GLOB.sub(r"[\1]", path))
    return {node.id: node for node in store.find(files)}
