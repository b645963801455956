"""Every log of the corpus against libauparse 3.0.9, field by field: name, order, raw value, interpretation.

Where we differ on purpose stands in data/libauparse_exceptions.toml, each with its reason; an entry that no difference
needs is an error too.
"""

from __future__ import annotations

import json
import tomllib
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from provenance.ingest.pyauparse import Event, Parser, Record
from provenance.ingest.pyauparse.interpret import interpret
from provenance.ingest.pyauparse.values.accounts import Accounts
from provenance.ingest.pyauparse.values.keys import keys

GOLDENS = "_libauparse-3.0.9"
_TABLE = tomllib.loads((Path(__file__).parent / "data" / "libauparse_exceptions.toml").read_text("utf-8"))
EXCEPTIONS: list[dict[str, Any]] = _TABLE["exception"]
RECORDER = Accounts(*({int(number): name for number, name in _TABLE[kind].items()} for kind in ("users", "groups")))
"""Accounts of the machine that libauparse ran on when the goldens were made: it looks numbers up there."""


class Difference(NamedTuple):
    """`kind`: record, type, event, missing, extra, raw, interpreted or order."""

    file: str
    line: int
    type: str
    kind: str
    field: str
    theirs: object
    ours: object


def matches(exception: dict[str, Any], found: Difference) -> bool:
    return (
        exception.get("file", found.file) == found.file
        and exception.get("type", found.type) == found.type
        and found.line in exception.get("lines", [found.line])
        and found.kind in exception["kinds"]
        and found.field in exception.get("fields", [found.field])
    )


def records_by_text(data: bytes) -> dict[str, list[tuple[Event, Record]]]:
    parser = Parser()
    found: dict[str, list[tuple[Event, Record]]] = defaultdict(list)
    for event in parser.feed(data) + parser.close():
        for record in event.records:
            found[record.raw.rstrip("\r")].append((event, record))
    return found


def differences(source: Path, golden: Path, name: str) -> Iterator[Difference]:
    data = source.read_bytes()
    lines = data.decode("utf-8", "surrogateescape").split("\n")
    remaining = records_by_text(data)
    for row in golden.read_text("utf-8").split("\n")[:-1]:
        theirs = json.loads(row)
        when = (theirs["sec"] * 1000 + theirs["milli"], theirs["serial"], theirs["host"])
        for record in theirs["records"]:
            line = record["line"]
            ours = remaining[lines[line - 1].rstrip("\r")]
            if not ours:
                yield Difference(name, line, record["type"], "record", "", record, None)
                continue
            event, mine = ours.pop(0)
            if mine.type != record["type"]:
                yield Difference(name, line, mine.type, "type", "", record["type"], mine.type)
            if (event.ms, event.serial, event.node) != when:
                yield Difference(name, line, mine.type, "event", "", when, (event.ms, event.serial, event.node))
            for kind, field, expected, found in compared(record["fields"], mine):
                yield Difference(name, line, mine.type, kind, field, expected, found)
    for text, rest in remaining.items():
        for _, mine in rest:
            yield Difference(name, lines.index(text) + 1, mine.type, "extra record", "", None, text)


def compared(fields: list[list[str]], record: Record) -> Iterator[tuple[str, str, object, object]]:
    theirs = [field for field in fields if field[0] not in ("type", "node", "key")]
    interpreted = record.interpreted
    names = [name for name in record.fields if name != "key"]
    compared: set[str] = set()
    for name, raw, meaning in theirs:
        if name in compared or name not in interpreted:
            yield "missing", name, raw, None
            continue
        compared.add(name)
        if record.value(name) != raw:
            yield "raw", name, raw, record.value(name)
        elif named_interpretation(record, name, interpreted[name]) != meaning:
            yield "interpreted", name, meaning, interpreted[name]
    for name in names:
        if name not in compared:
            yield "extra", name, None, record.value(name)
    if [name for name in names if name in compared] != list(
        dict.fromkeys(name for name, *_ in theirs if name in compared)
    ):
        yield "order", "", theirs, names
    expected = [meaning for name, _, meaning in fields if name == "key" and meaning != "(null)"]
    if list(keys(record.value("key") or "")) != expected:
        yield "interpreted", "key", expected, record.value("key")


def named_interpretation(record: Record, name: str, text: str) -> str:
    """The interpretation, with the accounts of the recording machine for users that the log does not name."""
    if not text.startswith("unknown("):
        return text
    call = record.value("syscall") or ""
    arguments = [record.value(f"a{place}") or "" for place in range(4)]
    number = int(call) if call.isdigit() else None
    return interpret(record.type, name, record.value(name) or "", record.value("arch"), number, arguments, RECORDER)


@pytest.fixture(scope="module")
def found(shared: Path) -> list[Difference]:
    """All differences between our reading of the corpus and libauparse's."""
    corpus = shared / "corpus"
    files = sorted((corpus / GOLDENS).rglob("*.jsonl"))
    assert len(files) == 26
    every: list[Difference] = []
    for golden in files:
        name = str(golden.relative_to(corpus / GOLDENS)).removesuffix(".jsonl")
        every.extend(differences(corpus / name, golden, name))
    return every


def test_every_difference_has_a_reason(found: list[Difference]) -> None:
    unexplained = [
        difference for difference in found if not any(matches(exception, difference) for exception in EXCEPTIONS)
    ]
    assert not unexplained, "\n".join(map(str, unexplained))


def test_every_exception_is_needed(found: list[Difference]) -> None:
    unused = [exception for exception in EXCEPTIONS if not any(matches(exception, difference) for difference in found)]
    assert not unused


def test_exceptions_are_few_and_have_reasons(found: list[Difference]) -> None:
    assert all(len(exception["reason"]) > 30 for exception in EXCEPTIONS)
    assert len(found) < 100, Counter(difference.kind for difference in found)
