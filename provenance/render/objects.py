"""Objects of a story's steps: the files that were read and changed, the peers that were contacted, each in order of time."""

from __future__ import annotations

import posixpath
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from provenance.ingest.facts import FlowKind
from provenance.text.counts import counted
from provenance.text.escape import visible
from provenance.text.labels import file_label
from provenance.trace.programs.effects import CHANGES, VERBS
from provenance.trace.programs.persistence import is_lasting
from provenance.trace.programs.secrets import is_secret
from provenance.trace.result import Effect, Step

_READ = (VERBS[FlowKind.READ],)
_WRITE = VERBS[FlowKind.WROTE]
_COMMON = re.compile(r".*:53(/udp|/tcp)?\Z|127\.|\[::1\]")
_PER_FOLDER = 5
"""The most files of one folder that are named one by one; more are counted."""
_TEMPORARY = re.compile(r"\.?(tmp|temp)[-._].*", re.DOTALL)
"""The names that programs such as crontab and redis give to a file until it is complete."""


def reads(steps: Sequence[Step]) -> list[str]:
    """The files that programs read: secrets first and marked, and those last that a step wrote later. Neither the files that an
    earlier step wrote, such as the intruder's own tools, nor account files that the same step changed (both are among the
    changes), nor those that were read only by a step that may not belong to the story."""
    known = _objects((step for step in _without_own(steps) if not step.doubt), _READ)
    found = [name for name in known if file_label(name).last not in known]
    secret = [name for name in found if any(map(is_secret, file_label(name).names))]
    own = {part for step in steps for part in _written(step)}
    others = [name for name in found if name not in secret]
    others.sort(key=lambda name: not own.isdisjoint(_names(name)))
    return [*(f"{name} (secret)" for name in secret), *_by_folder(others)]


def _without_own(steps: Sequence[Step]) -> Iterator[Step]:
    """The steps in order of time, without the effects on files that an earlier one wrote, and on lasting ones of its own."""
    own: set[str] = set()
    for step in sorted(steps, key=lambda step: step.moment):
        written = _written(step)
        not_read = own | {name for name in written if is_lasting(name)}
        kept = [
            Effect(verb, tuple(name for name in names if not_read.isdisjoint(_names(name))))
            for verb, names in step.effects
        ]
        yield replace(step, effects=tuple(kept))
        own |= written


def _written(step: Step) -> set[str]:
    """The names of the files that a step wrote."""
    return {part for verb, names in step.effects if verb == _WRITE for name in names for part in _names(name)}


def changes(steps: Iterable[Step]) -> list[str]:
    """The files that were written, renamed, ..., those by which a change lasts first; many files of one folder become a count."""
    found = _objects(steps, CHANGES)
    lasting = [name for name in found if is_lasting_file(name)]
    return [*lasting, *_by_folder([name for name in found if name not in lasting])]


def contacts(steps: Iterable[Step]) -> list[str]:
    """The peers that programs opened connections to; name servers and the host itself last, because most programs reach them."""
    names = [name.removesuffix("/tcp") for name in _objects(steps, (VERBS[FlowKind.CONNECTED],))]
    return sorted(dict.fromkeys(names), key=lambda name: _COMMON.match(name) is not None)


def known_as(name: str) -> str:
    """The label of an object as a story tells it: of a file that was written under a temporary name (`.NAME.XXXXXX`, `NAME.tmp`,
    `tmp.XXXXXX`) and then renamed in the same folder, only the name that it got."""
    first, last, is_renamed = file_label(name)
    if not is_renamed or posixpath.dirname(first) != posixpath.dirname(last):
        return name
    old = posixpath.basename(first)
    is_temporary = posixpath.basename(last) in old or _TEMPORARY.fullmatch(old) is not None
    return last if is_temporary else name


def is_lasting_file(name: str) -> bool:
    """Whether the label of an object is of a file by which a change lasts."""
    return any(map(is_lasting, file_label(name).names))


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
        items.append(f"{counted(folders[folder], 'file')} in {folder.rstrip('/')}/" if many else name)
    return list(dict.fromkeys(items))


def _names(label: str) -> frozenset[str]:
    """The first and the last name in the label of a file."""
    return file_label(visible(label)).names


def _path(name: str) -> str:
    return file_label(name).first
