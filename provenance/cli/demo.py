"""`provenance demo`: ingests the bundled log, traces the bundled alert and prints the story."""

from __future__ import annotations

import sys

from provenance.cli.ingest import summary
from provenance.cli.options import STORE, Command, Option, Options, steps_option, timezone_option, wide_option
from provenance.cli.progress import progress_bar
from provenance.cli.stores import opened
from provenance.cli.times import parse_time
from provenance.demo.incident import BundledAlert, alert, log
from provenance.ingest.clock import at_ms
from provenance.intake.reading.progress import IngestResult
from provenance.intake.run import ingest
from provenance.render.lines import ALERT, HEADING, Line, Span, columns_of, write_wrapped
from provenance.render.story import story
from provenance.store.interface import Direction, Selector, Statistics, Store
from provenance.text.counts import counted
from provenance.text.escape import visible
from provenance.trace.result import Trace
from provenance.trace.slice.anchor import Anchor, Selection, anchors
from provenance.trace.trace import trace
from provenance.trace.way_in.arrivals import first_arrival, start_of_arrivals

_STORE = "./provenance-demo.db"


def run(options: Options) -> int:
    """Ingests the log (a second run adds nothing), traces back from the alert and forward from the way in, prints the
    story."""
    bundled = alert()
    with opened(options.store, create=True) as store:
        with log() as path, progress_bar() as report:
            done = ingest(store, [str(path)], report=report, wait_s=3600.0)
        traces = _traces(store, bundled, options.steps)
        statistics = store.statistics()
    out = sys.stdout
    columns = None if options.wide else columns_of(out)
    write_wrapped(_opening(done, statistics, bundled, options.store), out, columns)
    every = options.steps is None
    write_wrapped(story(traces, options.timezone, options.store, columns, every), out, columns)
    return 0


def _traces(store: Store, bundled: BundledAlert, most: int | None) -> list[Trace]:
    at = parse_time(bundled.time)
    selector = Selector(
        host=bundled.host, command=bundled.command, remote_ip=bundled.remote_ip, remote_port=bundled.remote_port
    )
    found = anchors(store, Selection(selector, at=at), Direction.BACKWARD)
    backward = trace(store, Direction.BACKWARD, found, at_ms(at), most_steps=most)
    if not backward.entries:
        return [backward]
    arrival = first_arrival(backward.slice, backward.entries)
    start = start_of_arrivals(backward.slice, backward.entries)
    gate = backward.slice.nodes[next(iter(start))]
    anchor = Anchor(start, gate, arrival.moment)
    return [backward, trace(store, Direction.FORWARD, [anchor], arrival.moment, most_steps=most)]


def _opening(done: IngestResult, statistics: Statistics, bundled: BundledAlert, store: str) -> list[Line]:
    entities = counted(sum(statistics.nodes.values()), "entity")
    counts = f": {entities}, {counted(sum(statistics.flows.values()), 'flow')} between them"
    return [
        *(
            (Span("Log        " if number == 0 else "", HEADING), Span(line, hang=True))
            for number, line in enumerate(summary(done))
        ),
        (Span("Store      ", HEADING), Span(visible(store) + counts, hang=True)),
        (Span("Alert      ", HEADING), Span(visible(f"{bundled.host}: {bundled.title}"), ALERT, hang=True)),
    ]


command = Command(
    "demo",
    run,
    "See what this program does, without logs of your own: it ingests the bundled log of an attacked web server, traces the alert"
    " back to where the attackers came in, traces forward from there, and prints the story of the attack.",
    [
        Option(
            "--store",
            type=STORE,
            metavar="STORE",
            default=_STORE,
            help=f"store to ingest the log into; default: {_STORE}",
        ),
        timezone_option("printed times"),
        wide_option(),
        steps_option(),
    ],
    ("provenance demo",),
)
