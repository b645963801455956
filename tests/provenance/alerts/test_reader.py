"""The reader of alerts with a site's own mapping and alias files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from provenance.alerts.reader import Reader, reader
from provenance.errors import InputError, UsageError

MAPPING = 'name = "acme"\n[fields]\ntitle = "what"\nhost = "on"\n'


def test_files_of_a_site(tmp_path: Path) -> None:
    mapping, hosts = tmp_path / "m.toml", tmp_path / "h.toml"
    mapping.write_text(MAPPING)
    hosts.write_text('[hosts]\n"i-1" = "web01"\n')
    for format in (None, "acme"):
        (alert,) = reader(mapping, hosts).read(b'{"what": "odd", "on": "i-1"}', format).alerts
        assert (alert.source, alert.title, alert.body["host"]) == ("acme", "odd", "web01")
    assert not Reader().read(b'{"what": "odd", "on": "i-1"}').alerts


def test_a_mapping_is_a_format_by_its_name_only_where_it_is_known(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="unknown alert format 'acme'"):
        Reader().read(b"{}", "acme")


@pytest.mark.parametrize("which", [0, 1])
def test_files_that_cannot_be_read(tmp_path: Path, which: int) -> None:
    odd = tmp_path / "odd.toml"
    odd.write_bytes(b"\xff")
    for path, message in (
        (odd, "invalid UTF-8 at byte 0"),
        (tmp_path / "absent", "no such file"),
        (tmp_path, "is a directory"),
    ):
        files = [None, None]
        files[which] = path  # type: ignore[call-overload]
        with pytest.raises(InputError, match=message):
            reader(*files)


def test_what_is_no_alert_in_an_answer_of_a_search_is_rejected_with_its_place() -> None:
    title = {"source": "ndr", "id": "n1", "title": "odd", "host": "web01"}
    answer = {"hits": {"hits": [{"_id": "1", "_source": title}, "text", {"_id": "3", "_source": title}]}}
    result = Reader().read(json.dumps(answer).encode())
    assert len(result.alerts) == 2
    (reject,) = result.rejects
    assert "item 2" in reject.place and reject.reason == "not a JSON object" and reject.original == '"text"'


@pytest.mark.parametrize("answer", [{"hits": {"hits": []}}, {"@odata.context": "x", "value": []}])
def test_an_answer_of_a_search_that_found_nothing_is_rejected(answer: dict[str, object]) -> None:
    result = Reader().read(json.dumps(answer).encode())
    assert not result.alerts and [reject.reason for reject in result.rejects] == ["an answer without alerts"]
