"""Learned patterns: their limits do not change what is read."""

from __future__ import annotations

import pytest

from provenance.ingest.pyauparse import Parser, patterns


def event(serial: int, call: int, field: str = "a0", node: str = "") -> bytes:
    head = f"{f'node={node} ' if node else ''}type={{}} msg=audit(1700000000.123:{serial}): "
    call_body = f"arch=c000003e syscall={call} success=yes exit=0 {field}=5 pid={serial} uid=0"
    return f"{head.format('SYSCALL')}{call_body}\n{head.format('PROCTITLE')}proctitle=7368\n".encode()


def read(*lines: bytes) -> tuple[list[tuple[int, list[dict[str, str]]]], Parser]:
    parser = Parser()
    found = [one for part in lines for one in parser.feed(part)] + parser.close()
    return [(one.serial, [record.fields for record in one.records]) for one in found], parser


def alone(lines: list[bytes]) -> list[tuple[int, list[dict[str, str]]]]:
    """Each event read by a parser of its own, which has learned nothing."""
    return [one for part in lines for one in read(part)[0]]


def test_calls_with_ever_other_fields() -> None:
    """A log of one call with more kinds of records than patterns are stored for a call."""
    log = [event(100 * turn + kind, 59, f"f{kind}") for turn in range(5) for kind in range(60)]
    found, parser = read(*log)
    assert found == alone(log)
    (known,) = parser._patterns._known.values()
    assert len(known) == patterns._PER_KEY


def test_ever_other_calls(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patterns, "_MOST_KEYS", 8)
    log = [event(100 * turn + call, call) for turn in range(5) for call in range(60)]
    found, parser = read(*log)
    assert found == alone(log)
    assert len(parser._patterns._known) == 8 and len(parser._patterns._met) <= 8


def test_the_pattern_that_matches_most_is_tried_first() -> None:
    log = [event(serial, 59, "rare" if serial < 10 else "often") for serial in range(1, 60)]
    found, parser = read(*log)
    assert found == alone(log)
    (known,) = parser._patterns._known.values()
    assert len(known) == 2 and known[0].match(log[-1].decode()) is not None


def test_a_node_with_a_name_longer_than_patterns_look_for_the_call() -> None:
    log = [event(serial, 59, node="n" * 500) for serial in range(1, 20)]
    found, parser = read(*log)
    assert found == alone(log) and not parser._patterns._known
