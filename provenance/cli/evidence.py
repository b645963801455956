"""`provenance evidence`: prints the raw log lines behind an entity, an edge or an event."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping

from provenance.cli.naming import entity_of, event_of, from_input
from provenance.cli.options import Argument, Command, Options, format_option, store_options, timezone_option
from provenance.cli.output import print_note
from provenance.cli.stores import opened
from provenance.errors import NothingFound
from provenance.ingest.facts import Flow, FlowKind, unpack_evidence
from provenance.render.as_json import dump, event_json
from provenance.store.interface import EventKey, Node, RawEvent, Store
from provenance.text.counts import counted
from provenance.text.escape import visible
from provenance.text.event_key import format_event

_NAMED = 5
"""The most names in an error."""


def run(options: Options) -> int:
    """Prints the lines in order of host and time: byte for byte to a file or pipe, with escapes on a terminal."""
    with opened(options.store, credentials=options.credentials) as store:
        words = list(from_input(options.what))
        keys = sorted({key for word in words for key in keys_of(store, word)})
        found = list(store.raw(keys))
    if not found:
        named = ", ".join(words[:_NAMED]) + (", ..." if len(words) > _NAMED else "")
        raise NothingFound(f"no raw lines of {named or 'anything'} in the store")
    if options.format == "json":
        dump({"format": "provenance-evidence/1", "events": [_document(event) for event in found]}, sys.stdout)
    else:
        _write(found)
    missing = len(keys) - len(found)
    if missing:
        print_note(f"the raw lines of {missing:,} of {counted(len(keys), 'event')} are not in the store")
    return 0


def keys_of(store: Store, what: str) -> list[EventKey]:
    """The events behind what a command line names: an entity, an edge or an event. Raises UsageError, NothingFound."""
    if "/" in what:
        return [event_of(store, what)]
    kind, _, ends = what.partition("-")
    if ends and kind in FlowKind.__members__:
        source, _, target = ends.partition("-")
        flows = list(store.flows(entity_of(store, source)[1], entity_of(store, target)[1], FlowKind[kind]))
    else:
        id = entity_of(store, what)[1]
        flows = [*store.flows(id, None), *store.flows(None, id)]
    if not flows:
        raise NothingFound(f"{what} is not in the store, or has no flows")
    nodes = store.nodes({end for flow in flows for end in (flow.source, flow.target)})
    return sorted({key for flow in flows for key in events_of(flow, nodes)})


def events_of(flow: Flow, nodes: Mapping[int, Node]) -> list[EventKey]:
    """The events behind a flow. Its ends must be in `nodes`; the events are of the host of its source."""
    host = nodes[flow.source].host
    return [EventKey(host, event.ms, event.serial) for event in unpack_evidence(flow.evidence)]


def _write(found: Iterable[RawEvent]) -> None:
    if sys.stdout.isatty():
        for event in found:
            for line in _lines(event):
                sys.stdout.write(visible(line) + "\n")
        return
    sys.stdout.flush()
    for event in found:
        sys.stdout.buffer.write(event.raw + b"\n")
    sys.stdout.buffer.flush()


def _lines(event: RawEvent) -> list[str]:
    return event.raw.decode("utf-8", "surrogateescape").split("\n")


def _document(event: RawEvent) -> dict[str, object]:
    return {
        "event": format_event(event.key),
        **event_json(event.key),
        "source": event.source,
        "offset": event.offset,
        "lines": _lines(event),
    }


command = Command(
    "evidence",
    run,
    "Print the raw log lines behind an entity, an edge or an event, in order of host and time. An edge is all flows of one kind"
    " from one entity to another; JSON output prints its id. The lines are byte for byte as in the log; on a terminal, control"
    " characters are escaped.",
    [
        Argument(
            "what",
            "ID|HOST/SEC.MS:SERIAL...",
            "id of an entity or of an edge, as other commands print it (the beginning of an id is enough), or an event, by"
            " its host, time and serial number; `-` reads them from standard input",
            nargs=-1,
            required=True,
        ),
        *store_options(),
        format_option(),
        timezone_option(),
    ],
    ("provenance evidence p156e4d6df08fa4a5", "provenance evidence web01/1795490938.267:6357"),
)
