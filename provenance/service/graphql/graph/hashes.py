"""Entities by the hash of a file: what records gave it to, and what the alerts that name it are about."""

from __future__ import annotations

import re

from provenance.alerts.hashes import naming
from provenance.alerts.record import AlertRecord
from provenance.ingest.identity import EntityKind, IdentityError, parse_id
from provenance.store.interface import Node, Selector, Store
from provenance.text.hashes import read_hash

_GLOB = re.compile(r"([*?[])")


def with_hash(store: Store, hash: str, kinds: frozenset[EntityKind] | None, host: str | None) -> list[Node]:
    """The files that had a hash, what the alerts that name it are about, and the files on their hosts at the path that they
    name; in order of time. Raises UsageError for what is no hash."""
    wanted = read_hash(hash)
    found = {node.id: node for node in store.find(Selector(hash=wanted))}
    hosts = {summary.host for summary in store.hosts()}
    for document in naming(store.documents(), wanted):
        record = AlertRecord.of(document)
        anchored = store.nodes(_anchored(record))
        found |= anchored
        fields = record.alert.body
        named = {*(node.host for node in anchored.values()), fields.get("host")}
        for host_of_file in hosts & named:
            found |= _at(store, host_of_file, fields["file"].get("path"))
    chosen = (node for node in found.values() if kinds is None or node.kind in kinds)
    return sorted((node for node in chosen if host in (None, node.host)), key=lambda node: (node.first, node.id))


def _anchored(record: AlertRecord) -> list[int]:
    found = []
    for candidate in record.candidates:
        try:
            found.append(parse_id(candidate["node"])[1])
        except IdentityError:
            continue
    return found


def _at(store: Store, host: str, path: object) -> dict[int, Node]:
    """The files of a host that ever had a path."""
    if not isinstance(path, str) or not path:
        return {}
    files = Selector(frozenset((EntityKind.FILE,)), host, file=_GLOB.sub(r"[\1]", path))
    return {node.id: node for node in store.find(files)}
