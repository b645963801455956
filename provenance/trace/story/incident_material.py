"""Incident material: what traces of one state of the logs look up or lay out only once."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from provenance.ingest.identity import EntityKind
from provenance.store.interface import Direction, Node, Store
from provenance.trace.programs.only_readers import only_readers
from provenance.trace.programs.reads import Reads
from provenance.trace.result import Slice, TraceEdge
from provenance.trace.story.material import Story
from provenance.trace.story.slice_nodes import Before

_MOST_STORIES, _MOST_SIZE = 8, 200_000
"""The most stories in memory, and the most entities and edges of their slices together."""


class Material(NamedTuple):
    """The story of a slice, and the files that its programs read."""

    story: Story
    files: Mapping[int, Node]


class _ProgramReads(NamedTuple):
    """What the programs of a slice read, from which files, and which of them did no more."""

    reads: Sequence[TraceEdge]
    files: Mapping[int, Node]
    only_readers: frozenset[int]


class IncidentMaterial:
    """What programs read, and the stories of slices. Threads may share it."""

    def __init__(self, is_reused: bool = True) -> None:
        """With `is_reused` False for one trace only."""
        self._is_reused = is_reused
        self._reads = Reads()
        self._lock = threading.Lock()
        self._before: tuple[Slice, Before] | None = None
        self._stories: OrderedDict[int, tuple[Slice, Material]] = OrderedDict()

    def story(self, store: Store, slice_: Slice) -> Material:
        """The story of a slice. That of a forward slice is stored: alerts share no backward slice. Raises StoreError."""
        with self._lock:
            known = self._stories.get(id(slice_))
        if known is not None:
            return known[1]
        found = self._look_up(store, slice_)
        made = Material(Story([slice_], *found), found.files)
        if slice_.direction is Direction.BACKWARD:
            return made
        with self._lock:
            # The slice is stored too: while it lives, no other one has its id().
            self._stories[id(slice_)] = slice_, made
            while len(self._stories) > _MOST_STORIES or (len(self._stories) > 1 and self._size() > _MOST_SIZE):
                self._stories.popitem(last=False)
        return made

    def story_of_alert(
        self, store: Store, slice_: Slice, part: Slice, path: Sequence[TraceEdge], triggers: Mapping[str, int]
    ) -> Material:
        """The story of a slice with a part of the backward slice of an alert, the path in it, and the moments of its `triggers`,
        by ids of READ edges. Raises StoreError."""
        added = [id for id in _processes(part) if id not in slice_.nodes]
        reads, files = self._reads.of(store, [slice_, part], added)
        if not self._is_reused:
            own = self._look_up(store, slice_)
            files = {**own.files, **files}
            story = Story([slice_, part], (*own.reads, *reads), files, own.only_readers)
            return Material(story.with_path(path, triggers), files)
        known = self.story(store, slice_)
        return Material(known.story.of_alert(part, path, reads, files, triggers), {**known.files, **files})

    def before(self, forward: Slice) -> Before:
        """From which entities the flows of a forward slice lead to one. Alerts of one incident share their forward slice."""
        with self._lock:
            known = self._before
        if known is None or known[0] is not forward:
            known = forward, Before(forward.edges)
            if self._is_reused:
                with self._lock:
                    self._before = known
        return known[1]

    def _look_up(self, store: Store, slice_: Slice) -> _ProgramReads:
        reads, files = self._reads.of(store, [slice_], _processes(slice_))
        is_forward = slice_.direction is Direction.FORWARD
        return _ProgramReads(reads, files, only_readers(store, slice_) if is_forward else frozenset())

    def _size(self) -> int:
        return sum(len(slice_.nodes) + len(slice_.edges) for slice_, _ in self._stories.values())


def _processes(slice_: Slice) -> list[int]:
    """The processes of a slice in the order in which it reaches them."""
    processes = (node for node in slice_.nodes.values() if node.kind is EntityKind.PROCESS)
    return [node.id for node in sorted(processes, key=lambda node: (slice_.bounds.get(node.id, node.first), node.id))]
