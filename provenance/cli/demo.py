"""`provenance demo`: the main job on the bundled incident, from the log to the story."""

from __future__ import annotations

import argparse
import sys

from provenance.cli.ingest import told
from provenance.cli.parser import Commands, Parser, typed
from provenance.cli.progress import progress_bar
from provenance.cli.stores import opened
from provenance.cli.times import parse_time, parse_zone
from provenance.demo.incident import BundledAlert, alert, log
from provenance.ingest.clock import at_ms
from provenance.intake.reading.progress import Ingested
from provenance.intake.run import ingest
from provenance.render.lines import ALERT, HEADING, Line, Piece, write_lines
from provenance.render.story import story
from provenance.store.interface import Direction, Selector, Statistics, Store
from provenance.text.escape import visible
from provenance.text.times import Zone
from provenance.trace.anchor import Anchor, Selection, anchors
from provenance.trace.arrivals import first_arrival, from_arrivals
from provenance.trace.result import Trace
from provenance.trace.trace import trace

_STORE = "./provenance-demo.db"


def add(commands: Commands) -> None:
    """Adds the command."""
    parser: Parser = commands.add_parser("demo", help="the bundled incident, from its log to its story")
    parser.add_argument("--store", metavar="STORE", default=_STORE, help=f"store to fill; default: {_STORE}")
    parser.add_argument(
        "--timezone", type=typed(parse_zone), default=Zone(), metavar="NAME", help="time zone of printed times"
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Ingests (again changes nothing), traces back from the alert and forward from the way in, tells the story."""
    about = alert()
    with opened(options.store, create=True) as store:
        with log() as path, progress_bar() as report:
            done = ingest(store, [str(path)], report=report, wait_s=3600.0)
        traces = _traces(store, about)
        held = store.statistics()
    out = sys.stdout
    write_lines(_opening(done, held, about, options.store), out)
    write_lines(story(traces, options.timezone, options.store), out)
    return 0


def _traces(store: Store, about: BundledAlert) -> list[Trace]:
    at = parse_time(about.time)
    selector = Selector(
        host=about.host, command=about.command, remote_ip=about.remote_ip, remote_port=about.remote_port
    )
    found = anchors(store, Selection(selector, at=at), Direction.BACKWARD)
    backward = trace(store, Direction.BACKWARD, found, at_ms(at))
    if not backward.entries:
        return [backward]
    arrival = first_arrival(backward.slice, backward.entries)
    start = from_arrivals(backward.slice, backward.entries)
    gate = backward.slice.nodes[next(iter(start))]
    return [backward, trace(store, Direction.FORWARD, [Anchor(start, gate, arrival.moment)], arrival.moment)]


def _opening(done: Ingested, held: Statistics, about: BundledAlert, store: str) -> list[Line]:
    counts = f": {sum(held.nodes.values()):,} entities, {sum(held.flows.values()):,} flows between them"
    return [
        *(
            (Piece("Log        " if number == 0 else "", HEADING), Piece(line))
            for number, line in enumerate(told(done))
        ),
        (Piece("Store      ", HEADING), Piece(visible(store) + counts)),
        (Piece("Alert      ", HEADING), Piece(visible(f"{about.host}: {about.title}"), ALERT)),
    ]
