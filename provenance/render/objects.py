"""Objects of a story's steps: the files that were read and changed, the peers that were contacted, each in order of time."""

from __future__ import annotations

import posixpath
from collections import Counter
from collections.abc import Iterable, Sequence

from provenance.ingest.facts import FlowKind
from provenance.text.escape import visible
from provenance.trace.effects import CHANGES, VERBS
from provenance.trace.persistence import is_lasting
from provenance.trace.result import Step
from provenance.trace.secrets import is_secret

_PER_FOLDER = 5
"""The most files of one folder that are named one by one; more are counted."""


def reads(steps: Iterable[Step]) -> list[str]:
    """The files that programs read, secrets first and marked."""
    known = _objects(steps, (VERBS[FlowKind.READ],))
    found = [name for name in known if name.partition(" (later ")[2].removesuffix(")") not in known]
    secret = [name for name in found if is_secret(_path(name))]
    return [*(f"{name} (secret)" for name in secret), *_by_folder([name for name in found if name not in secret])]


def changes(steps: Iterable[Step]) -> list[str]:
    """The files that were written, renamed, ..., those by which a change lasts first; many files of one folder become a count."""
    found = _objects(steps, CHANGES)
    lasting = [name for name in found if any(map(is_lasting, name.removesuffix(")").split(" (later ")))]
    return [*lasting, *_by_folder([name for name in found if name not in lasting])]


def contacts(steps: Iterable[Step]) -> list[str]:
    """The peers that programs opened connections to."""
    return _objects(steps, (VERBS[FlowKind.CONNECTED],))


def known_as(name: str) -> str:
    """The label of an object as a story tells it: of a file that was written under a temporary name (`.NAME.XXXXXX`, `NAME.tmp`)
    and then renamed to the one in it, only that one."""
    first, found, rest = name.partition(" (later ")
    later = rest.removesuffix(")")
    is_temporary = posixpath.dirname(first) == posixpath.dirname(later) and posixpath.basename(later) in first
    return later if found and is_temporary and first != later else name


def _objects(steps: Iterable[Step], verbs: Sequence[str]) -> list[str]:
    ordered = sorted(steps, key=lambda step: step.moment)
    names = [name for step in ordered for effect in step.effects if effect.verb in verbs for name in effect.objects]
    return list(dict.fromkeys(known_as(visible(name)) for name in names))


def _by_folder(names: Sequence[str]) -> list[str]:
    folders = Counter(posixpath.dirname(_path(name)) for name in names)
    items = []
    for name in names:
        folder = posixpath.dirname(_path(name))
        many = folders[folder] > _PER_FOLDER
        items.append(f"{folders[folder]} files in {folder.rstrip('/')}/" if many else name)
    return list(dict.fromkeys(items))


def _path(name: str) -> str:
    return name.split(" (later ", 1)[0]
