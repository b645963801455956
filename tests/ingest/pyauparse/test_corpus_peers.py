"""The corpus against what two other parsers expect of it: auditd-parser's snapshots and go-libaudit's goldens."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from provenance.ingest.pyauparse import Event, Parser, Record
from provenance.ingest.pyauparse.values.saddr import parse_saddr

AUDITD_PARSER = Path("corpus/jorgehermo9+auditd-parser/tests/snapshots")
GO_LIBAUDIT = Path("corpus/elastic+go-libaudit/auparse/testdata")
RES = {"0": "failed", "1": "success"}


def parsed(line: str) -> tuple[Event, Record]:
    parser = Parser()
    events = parser.feed(line.encode("utf-8", "surrogateescape") + b"\n") + parser.close()
    assert len(events) == 1 and len(events[0].records) == 1, line
    return events[0], events[0].records[0]


def snapshots(folder: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Lines with the snapshots of auditd-parser, without lines that it cannot parse."""
    for path in sorted(folder.glob("*.snap")):
        _, head, body = path.read_text("utf-8").split("---\n", 2)
        found = re.search(r"^info: (.*)$", head, re.MULTILINE)
        assert found is not None
        line = json.loads(found[1]) if found[1].startswith('"') else found[1]
        expected = json.loads(body)
        if "Err" not in expected:
            yield line, expected


def test_auditd_parser_finds_the_same_fields(shared: Path) -> None:
    compared = 0
    for line, expected in snapshots(shared / AUDITD_PARSER):
        event, record = parsed(line)
        assert (event.ms, event.serial, event.node) == (expected["timestamp"], expected["id"], expected.get("node"))
        assert record.type == expected["record_type"] or expected["record_type"].startswith("UNKNOWN[")
        fields = dict(expected["fields"])
        message = fields.pop("msg", None)
        if isinstance(message, dict):
            fields = {**message, **fields}
        assert set(fields) <= set(record.fields), line
        assert set(fields) == set(record.fields) or isinstance(message, str), f"we take fields out of free text: {line}"
        assert set(expected.get("enrichment") or {}) == set(record.enriched) or not expected.get("enrichment")
        for name, value in fields.items():
            compared += agrees(record, name, value, line)
    assert compared > 2000


def agrees(record: Record, name: str, value: object, line: str) -> bool:
    """Whether a value was compared: text and numbers are, structures of auditd-parser are not."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return False
    raw = record.value(name) or ""
    ours = {record[name], record.interpreted[name], RES.get(raw, raw) if name == "res" else raw}
    if name == "errno":
        return False
    assert str(value) in ours, f"{record.type} {name}: {value!r}, not {ours}"
    return True


def goldens(folder: Path) -> Iterator[tuple[Event, Record, dict[str, Any]]]:
    for golden in sorted(folder.glob("*.golden")):
        parser = Parser()
        data = (folder / golden.name.removesuffix(".golden")).read_bytes()
        found = {
            record.raw: (event, record) for event in parser.feed(data) + parser.close() for record in event.records
        }
        for expected in json.loads(golden.read_text("utf-8")):
            if expected is not None:
                [line] = {text for text in found if expected["raw_msg"] in text}
                yield (*found[line], expected)


def test_go_libaudit_finds_the_same_fields(shared: Path) -> None:
    compared = 0
    for event, record, expected in goldens(shared / GO_LIBAUDIT):
        assert (event.serial, record.type.lower()) == (expected["sequence"], expected["record_type"])
        for name, value in expected["data"].items():
            ours = of_go_libaudit(record, name)
            assert value in ours, f"{record.type} {name}: {value!r}, not {ours}"
            compared += 1
    assert compared > 900


def of_go_libaudit(record: Record, name: str) -> set[str | None]:
    """Our value for the field name of go-libaudit."""
    if name.startswith(("subj_", "obj_")):
        label, _, part = name.partition("_")
        place = ["user", "role", "domain", "level", "category"].index(part)
        return {dict(enumerate(record[label].split(":", 4))).get(place)}
    if name == "result":
        result = record.get("success") or record.get("res") or record.get("result") or ""
        return {{"yes": "success", "no": "fail", "failed": "fail", **RES, "0": "fail"}.get(result, result)}
    if name in ("new_auid", "old_auid"):
        return {record["auid" if name == "new_auid" else "old-auid"]}
    if record.type == "SOCKADDR":
        address = parse_saddr(record["saddr"])
        assert address is not None
        family = {"inet": "ipv4", "inet6": "ipv6", "unspec": "0"}.get(address.family, address.family)
        return {family, address.ip, str(address.port), address.path, record.get(name)}
    meaning = record.interpreted[name]
    return {record[name], meaning, meaning.partition("(")[0]}
