"""What traces found, kept with what they were computed from. Alerts that start from the same place share a result."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from hashlib import blake2b
from typing import Any

from provenance.ingest.clock import ms_of, rfc3339
from provenance.ingest.identity import format_id
from provenance.render.as_json import trace_json
from provenance.store.documents import Documents
from provenance.store.interface import Direction, Node, Store
from provenance.text.escape import visible
from provenance.text.labels import label
from provenance.trace.budget import Budget
from provenance.trace.result import Trace

KIND = "trace"
Pair = tuple[Trace, Trace | None]
Sources = dict[str, list[int]]
"""Per host: the moments of its first and last event, and how much was counted of its logs."""
_HOSTS_NAMED = 5


def sources(store: Store) -> Sources:
    """What a store's logs are at this moment."""
    return {
        summary.host: [summary.first, summary.last, sum(summary.tallies.values()), summary.skew_ms]
        for summary in store.hosts()
    }


def of_traces(known: Sources, pair: Pair) -> Sources:
    """What a pair of traces was computed from: the logs of its hosts."""
    nodes = [node for trace in pair if trace is not None for node in trace.slice.nodes.values()]
    return of_hosts(known, {node.host for node in nodes})


def of_hosts(known: Sources, hosts: Iterable[str]) -> Sources:
    """What is to be seen of some hosts, and how many hosts there are at all."""
    return {host: known[host] for host in sorted(set(hosts) & known.keys())} | {"": [len(known)]}


def stale(computed_from: Mapping[str, Sequence[int]], now: Sources) -> bool:
    """Whether logs came in that may change a result."""
    if computed_from.get("") != [len(now)]:
        return True
    return any(list(seen) != now.get(host) for host, seen in computed_from.items() if host)


def beginnings(now: Sources) -> str:
    """Stands for where the logs of all hosts begin: older logs and those of more hosts change it, newer ones do not."""
    return _digest(f"{host} {moments[0]}" for host, moments in now.items())


def key_of(start: Mapping[int, int], at_ms: int | None, budget: Budget, direction: Direction) -> str:
    """The key of a trace that starts there."""
    text = repr((sorted(start.items()), at_ms, budget, direction.value))
    return f"r{blake2b(text.encode('ascii'), digest_size=16).hexdigest()}"


def keep(documents: Documents, key: str, trace: Trace, known: Sources, now_ms: int) -> None:
    """Keep a trace, instead of a former one. Its rank is when it was kept."""
    body = {"trace": trace_json(trace), "computed_from": known}
    while not documents.add(KIND, key, body, rank=now_ms):
        former = documents.get(KIND, key)
        if former is not None and documents.replace(former, body, rank=now_ms):
            return


def kept(documents: Documents, key: str | None) -> dict[str, Any] | None:
    """A trace that was kept, as `provenance-trace/1`."""
    found = documents.get(KIND, key) if key is not None else None
    return None if found is None else dict(found.body["trace"])


def summary(pair: Pair) -> dict[str, Any]:
    """As much of a result as is needed to say later what changed."""
    backward, forward = pair
    best = backward.entries[0] if backward.entries else None
    node = None if best is None else backward.slice.nodes[best.node]
    found = [trace for trace in pair if trace is not None]
    starts = [backward.slice.nodes[id] for id in sorted(backward.slice.start) if id in backward.slice.nodes]
    return {
        "about": [format_id(start.kind, start.id) for start in starts[:_HOSTS_NAMED]],
        "about_label": _called(starts[0]) if starts else None,
        "entry": None if node is None else format_id(node.kind, node.id),
        "entry_label": None if node is None else _called(node),
        "backward": len(backward.slice.nodes),
        "forward": 0 if forward is None else len(forward.slice.nodes),
        "hosts": sorted({host.host for trace in found for host in trace.hosts if host.host}),
        "digest": _digest(edge.id + str(edge.times) for trace in found for edge in trace.slice.edges),
    }


def _called(node: Node) -> str:
    """What an entity is called where it is told from another: programs are started again and again."""
    pid = node.attributes.get("pid")
    return label(node) if pid is None else f"{label(node)} (pid {pid}, since {rfc3339(ms_of(node.first))})"


def changes(old: Mapping[str, Any] | None, new: Mapping[str, Any]) -> list[str]:
    """What a result says that the one before did not, a sentence each; nothing for a first result."""
    if old is None or old == new:
        return []
    said: list[str] = []
    if old.get("about", new["about"]) != new["about"]:
        was, now = (found["about_label"] or "nothing" for found in (old, new))
        said.append(f"the alert is about {now}; it was about {was}")
    if old["entry"] != new["entry"]:
        was, now = (found["entry_label"] or "none" for found in (old, new))
        said.append(f"the most probable way in is {now}; it was {was}")
    came = [host for host in new["hosts"] if host not in old["hosts"]]
    if came:
        named = ", ".join(visible(host) for host in came[:_HOSTS_NAMED])
        said.append(f"{len(came)} more host{'s' * (len(came) > 1)}: {named}{', …' * (len(came) > _HOSTS_NAMED)}")
    gone = [host for host in old["hosts"] if host not in new["hosts"]]
    if gone:
        said.append(f"{len(gone)} host{'s' * (len(gone) > 1)} no longer")
    for name, what in (("backward", "leads to the alert"), ("forward", "came of the way in")):
        if old[name] != new[name]:
            said.append(f"{new[name]} entities are in what {what}; it was {old[name]}")
    return said or (["flows between the same entities"] if old["digest"] != new["digest"] else [])


def _digest(texts: Iterable[str]) -> str:
    return blake2b("\n".join(sorted(texts)).encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()
