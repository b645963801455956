"""Hostile text is stored in Neo4j as Unicode and round-trips."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from provenance.ingest.identity import EntityKind
from provenance.store.neo4j.attributes import join, split
from provenance.store.neo4j.text import digest, fits_index, pack_json, pack_text, short, unpack_text
from tests.provenance.store.generated import text

awkward = text | st.text("\ufffd\udcff\ud83d\ude00dcf~\0a", max_size=12)


@given(awkward)
def test_text_round_trips(given_text: str) -> None:
    packed = pack_text(given_text)
    packed.encode("utf-8")
    assert unpack_text(packed) == given_text


@given(awkward, awkward)
def test_packing_keeps_beginnings_and_parts(one: str, other: str) -> None:
    assert pack_text(one + other) == pack_text(one) + pack_text(other)


def test_plain_text_is_unchanged() -> None:
    for plain in ("/tmp/shell.sh", "\\xff", "caf\u00e9 \U0001f600", "a\0\x1b[31m"):
        assert pack_text(plain) == plain


@given(st.lists(awkward | awkward.map(lambda part: part * 60), min_size=2, max_size=2, unique=True))
def test_short_forms_differ_and_fit(pair: list[str]) -> None:
    one, other = map(short, pair)
    assert one != other
    assert fits_index(one) and fits_index(other)


def test_digests_depend_on_the_boundaries_of_parts() -> None:
    assert len({digest("a", "bc"), digest("ab", "c"), digest("abc"), digest("a\0", "bc"), digest("a", "\0bc")}) == 5


values = st.one_of(
    awkward,
    st.integers(-(1 << 70), 1 << 70),
    st.booleans(),
    st.none(),
    st.lists(awkward, max_size=3),
    st.lists(awkward | st.integers(), max_size=3),
    st.dictionaries(awkward, st.integers(), max_size=2),
    awkward.map(lambda part: part * 300),
)
names = st.sampled_from(("pid", "argv", "command", "path", "ip", "port", "inode", "key", "case", "first", "unheard of"))


@given(st.sampled_from(EntityKind), st.dictionaries(names, values, max_size=6))
def test_attributes_round_trip(kind: EntityKind, attributes: dict[str, Any]) -> None:
    properties, exact = split(kind, attributes)
    assert join({**properties, "exact": _json(exact), "key": 5, "case": "x", "first": 1}) == attributes


def _json(exact: dict[str, Any]) -> str | None:
    return pack_json(exact) if exact else None
