"""Numbers that no kernel writes: the line is corrupt, counted and stored, whatever the format and whatever was learned before."""

from __future__ import annotations

import random
import re
from contextlib import closing
from itertools import count
from pathlib import Path

import pytest

from provenance.errors import InputError
from provenance.ingest.pyauparse import Parser, tokenizer
from provenance.ingest.pyauparse.limits import Limit, expression, is_possible
from provenance.intake.run import ingest
from provenance.store import open_store

SAMPLES = sorted((Path(__file__).parents[1] / "shippers" / "samples").iterdir())
CALL = (
    "type=SYSCALL msg=audit({at}.{ms}:{serial}): arch=c000003e syscall=257 success=yes exit={exit} a0={a0} a1=7ffc a2=0 a3=0 "
    "items=1 ppid={ppid} pid={pid} auid={auid} uid={uid} gid=0 euid=0 suid=0 fsuid=0 egid=0 sgid=0 fsgid=0 tty=(none) ses={ses} "
    'comm="sh" exe="/usr/bin/sh" key=(null)\n'
    'type=CWD msg=audit({at}.{ms}:{serial}): cwd="/"\n'
    'type=PATH msg=audit({at}.{ms}:{serial}): item=0 name="/etc/a" inode={inode} dev=fe:00 mode=0100644 ouid={ouid} ogid=0 '
    "rdev=00:00 nametype=NORMAL\n"
    "type=PROCTITLE msg=audit({at}.{ms}:{serial}): proctitle=7368\n"
)
PLAIN = {
    "at": "1700000000",
    "ms": "000",
    "exit": "3",
    "a0": "ffffff9c",
    "ppid": "1",
    "pid": "7",
    "auid": "4294967295",
    "uid": "0",
    "ses": "4294967295",
    "inode": "12",
    "ouid": "0",
}
LARGEST = {
    **dict.fromkeys(("ppid", "pid", "auid", "uid", "ses", "ouid"), (1 << 32) - 1),
    **dict.fromkeys(("exit", "inode"), (1 << 64) - 1),
}
HOSTILE = (
    *("0", "-1", "-0", "2147483648", "4294967296", "8796093023", "9223372036854775808", "18446744073709551616"),
    *(
        "-9223372036854775809",
        "1" + "0" * 30,
        "9" * 5_000,
        "1_0",
        "²",
        "1²",
        "٣",
        "0x10",
        "1e9",
        "NaN",
        "+7",
        "0" * 28 + "7",
        "",
    ),
    *("f" * 16, "f" * 17),
)
_NUMBERS = re.compile(rb'(?<![A-Za-z])-?\d+|(?<==)[0-9a-f]+(?=[\s"]|$)')


def call(serial: int, **fields: str) -> bytes:
    return CALL.format(serial=serial, **{**PLAIN, **fields}).encode()


@pytest.mark.parametrize("learned", [0, 20])
@pytest.mark.parametrize("name", sorted(LARGEST))
def test_a_number_beyond_its_field_makes_its_line_corrupt(name: str, learned: int) -> None:
    before = b"".join(call(serial) for serial in range(1, learned + 1))
    for value, corrupt in ((LARGEST[name], 0), (LARGEST[name] + 1, 1), (10**30, 1)):
        parser = Parser("h")
        log = before + call(learned + 1, **{name: str(value)}) + call(learned + 2)
        parser.feed(log)
        parser.close()
        assert parser.counts.corrupt == corrupt
        assert parser.counts.lines == parser.counts.records + parser.counts.corrupt
        assert [line.raw in log for line in parser.counts.corrupt_lines] == [True] * corrupt


@pytest.mark.parametrize("learned", [0, 20])
@pytest.mark.parametrize(("digits", "corrupt"), [("f" * 16, 0), ("f" * 17, 1)])
def test_an_argument_has_64_bits(digits: str, corrupt: int, learned: int) -> None:
    parser = Parser("h")
    parser.feed(b"".join(call(serial) for serial in range(1, learned + 1)) + call(learned + 1, a0=digits))
    parser.close()
    assert parser.counts.corrupt == corrupt


@pytest.mark.parametrize("seconds", ["4294967296", "8796093022", "8796093023", "999999999999"])
def test_a_time_beyond_32_bits_is_passed(tmp_path: Path, seconds: str) -> None:
    log = tmp_path / "audit.log"
    log.write_bytes(call(1) + call(2, at=seconds) + call(3))
    with closing(open_store(str(tmp_path / "g.db"))) as store:
        done = ingest(store, [str(log)], "h")
    assert (done.lines, done.records, done.corrupt, done.events) == (12, 8, 4, 2)


def mutated(data: bytes, rng: random.Random) -> bytes:
    """Three copies of a log; in half of their lines one or two numbers are hostile."""
    lines = []
    for line in data.split(b"\n") * 3:
        places = [match.span() for match in _NUMBERS.finditer(line)] if rng.random() < 0.5 else []
        for begin, end in sorted(rng.sample(places, min(len(places), rng.choice((1, 1, 2)))), reverse=True):
            line = line[:begin] + rng.choice(HOSTILE).encode() + line[end:]
        lines.append(line)
    return b"\n".join(lines)


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: path.name)
def test_hostile_numbers_in_every_format_are_derived_and_stored(tmp_path: Path, sample: Path) -> None:
    rng = random.Random(sample.name)
    for number in range(3):
        log = tmp_path / f"{number}-{sample.name}"
        log.write_bytes(mutated(sample.read_bytes(), rng))
        with closing(open_store(str(tmp_path / f"{number}.db"))) as store:
            try:
                done = ingest(store, [str(log)], "h")
            except InputError:
                continue  # nothing in it is an audit record any more
        assert done.lines >= done.records + done.corrupt


@pytest.mark.parametrize("example", ["?", "(null)", "12a"])
def test_no_expression_of_a_number_is_learned_from_what_is_none(example: str) -> None:
    assert expression(Limit.DECIMAL_32, "pid", example) is None


@pytest.mark.parametrize(
    ("example", "others", "impossible"),
    [
        ("1234567890", ("1", "3999999999", "4294967295"), ("4294967296", "5000000000")),
        ("-5", ("-5", "7"), ("-12345678901",)),
        ("4294967295", ("0", "4294967295"), ("4294967296",)),
    ],
)
def test_the_learned_expression_matches_what_fits(
    example: str, others: tuple[str, ...], impossible: tuple[str, ...]
) -> None:
    found = expression(Limit.DECIMAL_32, "exit", example)
    assert found is not None
    for value in (example, *others):
        assert re.fullmatch(found, value), value
    for value in impossible:
        assert not re.fullmatch(found, value), value


@pytest.mark.parametrize("value", ["?", "(none)", "1a"])
def test_what_is_no_number_is_no_impossible_one(value: str) -> None:
    body = f"pid={value} uid=99999999999"
    assert is_possible("SYSCALL", body, [("pid", "b", value)])
    assert not is_possible("SYSCALL", body, [("pid", "b", value), ("uid", "b", "99999999999")])


@pytest.mark.parametrize("type", ["USER", "EXECVE", "SYSCALL"])
def test_nothing_is_learned_from_a_line_of_thousands_of_fields(type: str) -> None:
    """Compiling its pattern took 20 seconds."""
    body = " ".join(f"f{number}=1" for number in range(12_000))
    before = compiled()
    parser = Parser()
    parser.feed(f"type={type} msg=audit(1700000000.123:5): {body}\n".encode())
    (event,) = parser.close()
    assert len(event.records[0].fields) == 12_000
    assert compiled() == before


def test_lines_of_ever_new_kinds_are_learned_from_until_there_are_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tokenizer, "_TRIED", count(tokenizer._MOST_LEARNED - 3))
    before = compiled()
    parser = Parser()
    for serial in range(20):
        parser.feed(f"type=USER msg=audit(1700000000.123:{serial}): g{serial}=1\n".encode())
    assert len(parser.close()) == 20
    assert compiled() == before + 3


def test_no_pattern_is_learned_from_an_event_of_hundreds_of_fields() -> None:
    """The patterns of an event's lines are one expression."""
    parser = Parser()
    events = 0
    for serial in range(40):
        syscall = call(serial, ms="123").splitlines(keepends=True)[0]
        events += len(parser.feed(syscall + b"".join(path(serial, item) for item in range(40)) + proctitle(serial)))
    assert events + len(parser.close()) == 40
    assert parser._patterns._known == {}


def compiled() -> int:
    """How many patterns of lines this process has learned."""
    return sum(len(known) for known in tokenizer._LEARNED.values())


def path(serial: int, item: int) -> bytes:
    return (
        b'type=PATH msg=audit(1700000000.123:%d): item=%d name="/x" inode=5 dev=fd:00 mode=0100644 ouid=0 ogid=0 rdev=00:00'
        b" nametype=NORMAL cap_fp=0 cap_fi=0 cap_fe=0 cap_fver=0\n" % (serial, item)
    )


def proctitle(serial: int) -> bytes:
    return b'type=PROCTITLE msg=audit(1700000000.123:%d): proctitle="x"\n' % serial
