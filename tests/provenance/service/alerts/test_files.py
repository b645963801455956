"""The service reads alerts with the mapping file and the table of hosts that its settings name."""

from __future__ import annotations

from pathlib import Path

import pytest

from provenance.alerts.reader import reader
from provenance.errors import InputError, UsageError
from provenance.service.server import serve
from provenance.service.settings import Settings
from provenance.store import open_store
from tests.provenance.service.rest.test_alerts import asking


def test_unknown_json_and_another_name_of_a_host(tmp_path: Path) -> None:
    mapping, hosts = tmp_path / "m.toml", tmp_path / "h.toml"
    mapping.write_text('name = "acme"\n[fields]\ntitle = "what"\nhost = "on"\n"process.pid" = "pid"\n')
    hosts.write_text('[hosts]\n"i-1" = "web01"\n')
    store = open_store(str(tmp_path / "case.db"))
    with store.writer():
        pass
    with asking(store, Settings(workers=0), alerts=reader(mapping, hosts)) as client:
        answer = client.post("/alerts", json={"what": "odd", "on": "i-1", "pid": 7})
        assert answer.status_code == 202, answer.text
        stored = client.get(f"/alerts/{answer.json()['alert']}").json()
        assert (stored["source"], stored["title"], stored["host"]) == ("acme", "odd", "web01")
        assert client.post("/alerts?format=acme", json={"what": "odd", "on": "i-1", "pid": 7}).status_code == 200
    store.close()


@pytest.mark.parametrize("setting", ["alert_mapping", "alert_hosts"])
def test_a_missing_file_stops_the_start(tmp_path: Path, setting: str) -> None:
    store = open_store(str(tmp_path / "case.db"))
    with store.writer():
        pass
    with pytest.raises(InputError, match=rf"^{setting}: .*absent\.toml: no such file"):
        serve(store, Settings(port=0, **{setting: str(tmp_path / "absent.toml")}), lambda: store)  # type: ignore[arg-type]
    store.close()


@pytest.mark.parametrize("setting", ["alert_mapping", "alert_hosts"])
def test_an_invalid_file_stops_the_start(tmp_path: Path, setting: str) -> None:
    (tmp_path / "wrong.toml").write_text("x =")
    store = open_store(str(tmp_path / "case.db"))
    with store.writer():
        pass
    with pytest.raises(UsageError, match=rf"^{setting}: .*wrong\.toml: invalid TOML"):
        serve(store, Settings(port=0, **{setting: str(tmp_path / "wrong.toml")}), lambda: store)  # type: ignore[arg-type]
    store.close()
