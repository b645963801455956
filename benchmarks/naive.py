"""The naive writer that ours is compared with: one MERGE statement for each entity and each flow, each in its own transaction."""

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


class WriteCost(NamedTuple):
    """Events per second, and microseconds of processor time per event: of the writer alone and of the server."""

    rate: float
    client_us: float
    server_us: float


def write_log(uri: str, login: Credentials, log: str, limit_s: float, server_s: Callable[[], float]) -> WriteCost:
    """Write the entities and flows of a log for at most `limit_s` seconds, and return the rate. As for our writer, the log is
    reduced to fewer flows first: one flow per event would be slower still. `server_s` returns the seconds of processor time that
    the server has used."""
    chain = Chain("web01", lambda host: None, True, lambda progress: None)
    batch = next(iter(chain.batches([log])))
    facts = [*_interleaved(batch.entities, batch.flows)]
    with (
        GraphDatabase.driver(uri, auth=(login.user, login.password)) as driver,
        driver.session(database="neo4j") as session,
    ):
        session.run(_KEY).consume()
        try:
            start = time.perf_counter(), time.process_time(), server_s()
            count = _write(session, facts, start[0] + limit_s)
            spent = time.perf_counter() - start[0], time.process_time() - start[1], server_s() - start[2]
        finally:
            session.run(_DROP).consume()
            session.run("DROP CONSTRAINT naive IF EXISTS").consume()
    events = batch.tallies["events"] * count / len(facts)
    return WriteCost(events / spent[0], spent[1] / events * 1e6, spent[2] / events * 1e6)


def _interleaved(entities: list[Entity], flows: list[Flow]) -> Iterator[Entity | Flow]:
    """Entities and flows interleaved, so that every prefix holds a proportional share of both."""
    flows_per_entity = max(1, len(flows) // max(1, len(entities)))
    remaining = iter(flows)
    for entity in entities:
        yield entity
        yield from islice(remaining, flows_per_entity)
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
