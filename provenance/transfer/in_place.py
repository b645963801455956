"""A rebuilt store in the place of an embedded one: made beside it, and exchanged for it when it is complete."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import closing
from pathlib import Path

from provenance.errors import StoreError
from provenance.store.interface import Lines
from provenance.store.sqlite import SQLiteStore
from provenance.store.sqlite.lock import WriterLock
from provenance.store.sqlite.replacing import check_alone, discard, place_beside, replace
from provenance.transfer.chunks import Report
from provenance.transfer.documents import copy_documents
from provenance.transfer.rebuild import Rebuilt, chosen, pruned, rebuild


def rebuild_in_place(
    path: Path, names: Collection[str], lines: Lines, report: Report = lambda _: None, wait_s: float = 0.0
) -> list[Rebuilt]:
    """Rebuild hosts (all without names) of the store at `path`, which nobody else may have open.

    Interrupted, the old store is there as it was. Raises StoreError, also when old history of a host was dropped: what is left
    of it, and what alerts keep of it, could not be derived anew. Raises UsageError for a name that is no host.
    """
    path = path.resolve()
    with closing(SQLiteStore(path)) as store:
        store.check()  # brings an older one to the newest schema, which takes the lock
    with WriterLock(path).holding(wait_s):
        check_alone(path)
        new = place_beside(path)
        try:
            rebuilt = _rebuilt_beside(path, new, names, lines, report)
            replace(path, new, lambda: _complete(path, new, report))
        finally:
            discard(new)
    return rebuilt


def _rebuilt_beside(path: Path, new: Path, names: Collection[str], lines: Lines, report: Report) -> list[Rebuilt]:
    with closing(SQLiteStore(path)) as source, closing(SQLiteStore(new, lines)) as target:
        hosts = chosen(source, names)
        if cut := pruned(source, [summary.host for summary in hosts]):
            raise StoreError(
                f"older records of {', '.join(cut)} were dropped from the store (retention), so its raw lines do not cover"
                " the whole graph: `provenance rebuild --into STORE` makes another store from the lines that remain"
            )
        return rebuild(source, target, hosts, report, documents=False)


def _complete(path: Path, new: Path, report: Report) -> None:
    """Copy what may have changed until nobody could change it any more."""
    with closing(SQLiteStore(path)) as source, closing(SQLiteStore(new)) as target:
        copy_documents(source.documents(), target.documents(), report, all_kinds=True)
