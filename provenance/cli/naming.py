"""Names of things in a store as a user shortens them: hosts without regard to case, hosts and ids by a unique beginning, times
relative to the newest record. Several ids may come from standard input."""

from __future__ import annotations

import re
import sys
from collections.abc import Collection, Iterable, Iterator

import click
from click.shell_completion import CompletionItem

from provenance.cli.options import DEFAULT_STORE
from provenance.cli.overview import did_you_mean
from provenance.cli.stores import opened
from provenance.cli.times import Time
from provenance.errors import NothingFound, ProvenanceError, UsageError
from provenance.ingest.clock import ms_of
from provenance.ingest.identity import EntityKind, IdentityError, format_id, parse_id
from provenance.store.interface import EventKey, Node, Store
from provenance.text.escape import visible
from provenance.text.event_key import parse_event
from provenance.text.labels import label
from provenance.text.times import Zone

_CANDIDATES = 5
"""The most candidates that an error names."""
_PREFIX = re.compile(r"[pfnis][0-9A-Fa-f]{0,16}", re.ASCII)
_DIGITS = 16
_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,252}", re.ASCII)
_STDIN = "-"
_MOST = 10_000
"""The most ids that one command takes from standard input."""
_LONGEST_LINE = 10_000


def host_of(store: Store, text: str) -> str:
    """The host that a text names: by its name, without regard to case, or by a beginning that no other host has. Raises
    UsageError when several fit, NothingFound when none does."""
    hosts = [summary.host for summary in store.hosts()]
    found = named(text, hosts)
    if found is None:
        raise NothingFound(f"no host '{text[:100]}' in the store{did_you_mean(text, hosts)}")
    return found


def named(text: str, hosts: Collection[str], beginnings: bool = True) -> str | None:
    """Which of the hosts a text names: by its name, without regard to case, or, with `beginnings`, by a beginning that no other
    host has. None when none fits. Raises UsageError when several do."""
    if text in hosts:
        return text
    folded = text.casefold()
    for fits in (
        [host for host in hosts if host.casefold() == folded],
        [host for host in hosts if beginnings and folded and host.casefold().startswith(folded)],
    ):
        if len(fits) == 1:
            return fits[0]
        if fits:
            raise UsageError(f"ambiguous host '{text}': {_listed(fits)}")
    return None


def complete_host(context: click.Context, _: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The hosts of the store that a shell may complete a name to. A name that could be more than a word to a shell is left
    out: whoever writes a log chooses the names in it."""
    given = context.params
    try:
        with opened(given.get("store") or DEFAULT_STORE, credentials=given.get("credentials")) as store:
            hosts = [summary.host for summary in store.hosts()]
    except ProvenanceError:
        return []
    fits = [host for host in hosts if host.casefold().startswith(incomplete.casefold())]
    return [CompletionItem(host) for host in fits if _PLAIN.fullmatch(host)]


def event_of(store: Store, text: str) -> EventKey:
    """The event that a text names, HOST/SECONDS.MS:SERIAL, with its host as `host_of` reads it."""
    key = parse_event(text)
    return key._replace(host=host_of(store, key.host))


def entity_of(store: Store, text: str) -> tuple[EntityKind, int]:
    """The entity that an id names, or the beginning of an id that no other entity has. Raises UsageError when several fit or
    the text is no beginning of an id, NothingFound when none fits."""
    if len(text) > _DIGITS or not _PREFIX.fullmatch(text):
        return parsed_id(text)
    kind, low = parsed_id(text.ljust(_DIGITS + 1, "0"))
    _, high = parsed_id(text.ljust(_DIGITS + 1, "f"))
    if len(text) == 1:  # every id of the kind; as signed numbers, the lowest begin with the digit 8
        low, high = -(1 << 63), (1 << 63) - 1
    found = store.nodes_between(kind, low, high, _CANDIDATES + 1)
    if not found:
        raise NothingFound(f"no entity in the store has an id that begins with {text}")
    if len(found) > 1:
        raise UsageError(f"ambiguous id {text}: {_listed(f'{format_id(n.kind, n.id)} ({_short(n)})' for n in found)}")
    return kind, found[0].id


def parsed_id(text: str) -> tuple[EntityKind, int]:
    """The kind and number of the entity that a complete printed id names. Raises UsageError."""
    try:
        return parse_id(text)
    except IdentityError as error:
        raise UsageError(str(error)) from error


def check_id(text: str) -> str:
    """A text that may be an id, the beginning of one, or `-`; returned unchanged. Raises UsageError."""
    if text != _STDIN and not _PREFIX.fullmatch(text):
        parsed_id(text)
    return text


def from_input(words: Iterable[str]) -> Iterator[str]:
    """The words, with the first word of each line of standard input in place of `-`: what `find` prints can be piped in.
    Raises UsageError for more lines than a command takes."""
    for word in words:
        if word != _STDIN:
            yield word
            continue
        if sys.stdin is None:
            raise UsageError("cannot read ids: standard input is closed")
        lines = 0
        while line := sys.stdin.readline(_LONGEST_LINE):
            first = line.split(maxsplit=1)[:1]
            lines += len(first)
            if lines > _MOST:
                raise UsageError(f"standard input holds more than {_MOST:,} ids")
            yield from first


def moment_ms(store: Store, time: Time | None, zone: Zone) -> int | None:
    """A typed time in ms since the epoch, None for none. Raises UsageError for a relative one when the store has no record."""
    return None if time is None else time(zone, lambda: newest_ms(store))


def newest_ms(store: Store) -> int:
    """The time of the newest record of a store, in ms since the epoch. Raises UsageError when there is none."""
    last = max((summary.last for summary in store.hosts()), default=0)
    if not last:
        raise UsageError("the store holds no record that a relative time could refer to: give a date")
    return ms_of(last)


def _short(node: Node) -> str:
    return f"{visible(node.host)} {label(node)}"[:60]


def _listed(candidates: Iterable[str]) -> str:
    names = list(candidates)
    more = ", ..." if len(names) > _CANDIDATES else ""
    return f"it may be {', '.join(map(visible, names[:_CANDIDATES]))}{more}"
