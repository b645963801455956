"""What one would write first: a statement for each entity and each flow, by MERGE, each in a transaction of its own."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from itertools import islice
from typing import NamedTuple

from neo4j import GraphDatabase, Session

from provenance.ingest.facts import Entity, Flow
from provenance.intake.reading.chain import Chain
from provenance.store.neo4j.address import Credentials

_KEY = "CREATE CONSTRAINT naive IF NOT EXISTS FOR (n:Naive) REQUIRE n.key IS UNIQUE"
_ENTITY = "MERGE (n:Naive {key: $key}) SET n += $attributes"
_FLOW = (
    "MERGE (a:Naive {{key: $source}}) MERGE (b:Naive {{key: $target}}) MERGE (a)-[r:{kind} {{first: $first}}]->(b) "
    "SET r.last = $last, r.times = $times"
)
_DROP = "MATCH (n:Naive) CALL (n) { DETACH DELETE n } IN TRANSACTIONS OF 1000 ROWS"


class Written(NamedTuple):
    """Events a second, and microseconds of processor time an event: of the writer alone and of the server."""

    rate: float
    client_us: float
    server_us: float


def written(uri: str, who: Credentials, log: str, limit_s: float, served_s: Callable[[], float]) -> Written:
    """How fast the events of a log are written, by what was written within a time. One that has been reduced to fewer flows
    counts with the flows that are left of it, as for our writer: a flow an event would be slower still. `served_s` tells
    the seconds of processor time that the server has used."""
    chain = Chain("web01", lambda host: None, True, lambda progress: None)
    batch = next(iter(chain.batches([log])))
    facts = [*_in_turn(batch.entities, batch.flows)]
    with (
        GraphDatabase.driver(uri, auth=(who.user, who.password)) as driver,
        driver.session(database="neo4j") as session,
    ):
        session.run(_KEY).consume()
        try:
            begun = time.perf_counter(), time.process_time(), served_s()
            count = _write(session, facts, begun[0] + limit_s)
            took = time.perf_counter() - begun[0], time.process_time() - begun[1], served_s() - begun[2]
        finally:
            session.run(_DROP).consume()
            session.run("DROP CONSTRAINT naive IF EXISTS").consume()
    events = batch.tallies["events"] * count / len(facts)
    return Written(events / took[0], took[1] / events * 1e6, took[2] / events * 1e6)


def _in_turn(entities: list[Entity], flows: list[Flow]) -> Iterator[Entity | Flow]:
    """Entities among the flows, so that any beginning of it holds its share of both."""
    each = max(1, len(flows) // max(1, len(entities)))
    remaining = iter(flows)
    for entity in entities:
        yield entity
        yield from islice(remaining, each)
    yield from remaining


def _write(session: Session, facts: list[Entity | Flow], until: float) -> int:
    for number, fact in enumerate(facts):
        if time.perf_counter() > until:
            return number
        if isinstance(fact, Flow):
            kind = _FLOW.format(kind=fact.kind.name)
            ends = {"source": fact.source, "target": fact.target, "first": fact.first}
            session.run(kind, {**ends, "last": fact.last, "times": fact.times}).consume()
        else:
            plain = {name: value for name, value in fact.attributes.items() if isinstance(value, (str, int))}
            session.run(_ENTITY, {"key": fact.id, "attributes": plain}).consume()
    return len(facts)
