"""Reading with a site's own files."""

from __future__ import annotations

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
