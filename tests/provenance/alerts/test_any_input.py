"""Any input is read without an exception, and every document is an alert or a reject with a place and a reason."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provenance.alerts.form import alert_id
from provenance.alerts.formats import FORMATS
from provenance.alerts.reading import Reading, read
from provenance.store.sqlite.text import pack_json, pack_text, unpack_json
from tests.provenance.alerts.test_samples import FILES

_ODD: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**40), 10**40)
    | st.floats()
    | st.text(st.characters(codec=None), max_size=12)
    | st.sampled_from(["", "-", "\x00", "127.0.0.1", "1795490938.271", "2026-11-24T03:28:58Z", "../x", "%n", "T1059"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The path of everything in a JSON value."""
    found = [path] if path else []
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, item in items:
        found += places(item, (*path, name))
    return found


def put(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    """A value with another one at a path."""
    if not path:
        return new
    copy = list(value) if isinstance(value, list) else dict(value)
    copy[path[0]] = put(copy[path[0]], path[1:], new)
    return copy


def documents() -> list[Any]:
    found: list[Any] = []
    for path in FILES:
        for line in path.read_text("utf-8", "surrogateescape").splitlines():
            try:
                found.append(json.loads(line.strip().strip("[],")))
            except ValueError:
                continue
    return [document for document in found if isinstance(document, dict)]


DOCUMENTS = documents()
LINES = [line for path in FILES if path.suffix == ".log" for line in path.read_bytes().splitlines()]


def check(reading: Reading) -> None:
    assert reading.alerts or reading.rejects
    for alert in reading.alerts:
        assert alert.id == alert_id(alert.source, alert.external_id)
        assert all(text.strip() for text in (alert.source, alert.external_id, alert.title))
        assert (alert.body["source"], alert.body["id"], alert.body["title"]) == (
            alert.source,
            alert.external_id,
            alert.title,
        )
        assert unpack_json(pack_json(alert.body)) == alert.body, "what a store keeps is what was read"
        pack_text(alert.external_id)
    for reject in reading.rejects:
        assert reject.place.startswith("line ") and reject.reason


@given(st.binary(max_size=200))
@settings(deadline=None)
def test_any_bytes(body: bytes) -> None:
    check(read(body))


@given(_ODD, st.sampled_from([None, *FORMATS]))
@settings(deadline=None)
def test_any_json_as_any_format(value: Any, format: str | None) -> None:
    check(read(json.dumps(value).encode("utf-8", "surrogatepass"), format))


@given(st.data())
@settings(deadline=None, max_examples=400)
def test_a_document_with_something_else_in_some_place(data: st.DataObject) -> None:
    document = data.draw(st.sampled_from(DOCUMENTS))
    for _ in range(data.draw(st.integers(1, 3))):
        path = data.draw(st.sampled_from(places(document)))
        document = put(document, path, data.draw(_ODD))
        if not places(document):
            break
    check(read(json.dumps(document).encode("utf-8", "surrogatepass")))


@given(st.data())
@settings(deadline=None, max_examples=300)
def test_a_line_with_bytes_cut_out_or_put_in(data: st.DataObject) -> None:
    line = data.draw(st.sampled_from(LINES))
    begin = data.draw(st.integers(0, len(line)))
    end = data.draw(st.integers(begin, min(len(line), begin + 40)))
    new = data.draw(st.binary(max_size=8) | st.sampled_from([b"\\", b"|", b"=", b"\x00", b"\n", b"<", b"\\|"]))
    body = line[:begin] + new + line[end:]
    for format in (None, "cef", "kata", "leef", "sysmon"):
        check(read(body, format))


@pytest.mark.parametrize("format", [None, *FORMATS])
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\n\n",
        b"null",
        b"[]",
        b"{}",
        b"[" * 100_000,
        b'{"rule":' * 20_000,
        b"\xff\xfe{\x00}\x00",
        b"\xfe\xff\xd8\x00",
        b"\xef\xbb\xbf{}",
        b'{"a": ' + b"9" * 6_000 + b"}",
        b'{"a": NaN, "b": -Infinity, "c": 1e999}',
        b'{"a": 1, "a": 2}',
        b"CEF:0|" + b"\\|" * 5_000,
        b"CEF:0|a|b|c|d|e|f|" + b"a=b " * 5_000,
        b"LEEF:2.0|a|b|c|d|\x00|" + b"=" * 5_000,
        b"<13>1 - - - - - [" + b'a="' * 5_000,
        b'<Event><Provider Name="Linux-Sysmon"' + b'<Data Name="A">' * 5_000,
        b"#separator \\x09\n#fields\n\t\t\n",
        b"#separator \n#fields\ta\ta\n1\t2\n",
    ],
)
def test_hostile_input_is_read_or_rejected(body: bytes, format: str | None) -> None:
    check(read(body, format))


@pytest.mark.parametrize("depth", [10, 100, 500, *range(900, 1000, 3), 2_000])
def test_nesting_as_deep_as_a_reader_allows(depth: int) -> None:
    check(read(b'{"rule":"r","priority":"Error","output":"o","x":' + b"[" * depth + b"]" * depth + b"}"))


def test_the_rest_of_a_body_is_read_after_something_broken(tmp_path: Path) -> None:
    good = b'{"source": "s", "id": "%d", "title": "t"}'
    reading = read(
        b'%b\n{"source": "s", \n  "id": 2,\n  "title"\n}\n[%b,\n %b,\n nonsense]\n%b'
        % tuple(good % n for n in (1, 3, 4, 5))
    )
    assert [alert.external_id for alert in reading.alerts] == ["1", "3", "4", "5"]
    assert [reject.place for reject in reading.rejects] == ["line 2", "line 8, item 3"]


def test_one_bad_alert_of_several_in_a_document_leaves_the_others() -> None:
    matches = [{"pid": 1}, "text", {"pid": 2}]
    reading = read(json.dumps({"title": "t", "id": "r", "rule_level": "low", "matches": matches}).encode())
    assert [alert.body["process"]["pid"] for alert in reading.alerts] == [1, 2]
    assert [reject.reason for reject in reading.rejects] == ["1 of its 3 matches are not JSON objects"]


def test_the_same_alert_is_the_same_however_it_comes() -> None:
    plain = b'{"rule":"r","priority":"Error","output":"o","output_fields":{"proc.pid":1}}'
    header = b"<13>1 2026-11-24T03:28:59Z web01 falco - - - "
    other = header + b'{"output":"o", "priority":"Error", "rule":"r", "output_fields":{"proc.pid":1}}'
    (first,), (second,) = read(plain).alerts, read(other).alerts
    assert first.id == second.id


@pytest.mark.parametrize("line", ["[1,\n", '{"a":\n', '[{"source": "x"},\n', '[{"a":[\n'])
def test_values_that_do_not_end_are_read_a_few_times_only(line: str) -> None:
    """Each of these lines begins a value that goes on to the end of the body: read anew from each, a megabyte took 45 s."""
    body = (line * 100_000).encode()
    reading = read(body + b'\n{"source": "x", "title": "after"}\n')
    assert not reading.alerts
    assert len(reading.rejects) < 2_000
    assert reading.rejects[-1].reason == "not read: too many values before it do not end"


def test_broken_values_that_end_are_read_all() -> None:
    reading = read(
        b'{"source": }\n' * 5_000 + b'{"source": "x", "id": "1", "title": "after", "time": "2026-11-24T03:28:58Z"}\n'
    )
    assert (len(reading.rejects), len(reading.alerts)) == (5_000, 1)
