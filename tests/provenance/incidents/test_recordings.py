"""Recorded incidents: alerts along one attack are one incident, across hosts and jobs; alerts on other work are another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from provenance.incidents.grouping import grouped, incidents
from provenance.incidents.traced_alert import TracedAlert
from provenance.store import open_store
from provenance.store.interface import Selector, Store
from tests.conftest import ROOT
from tests.provenance.incidents.seed import alert, anchor
from tests.provenance.recordings.recordings import ingested


@dataclass(frozen=True)
class Case:
    """Programs (regular expressions) and files of the attack, the hosts it touched, and programs that are not of it."""

    folder: str
    programs: Sequence[str]
    files: Sequence[str]
    hosts: frozenset[str]
    others: Sequence[str] = ()
    is_shared: bool = False


CASES: Mapping[str, Case] = {
    "web shell, then ssh": Case(
        "hop1",
        (r"^curl -s -T /tmp/\.c", r"^tar czf /tmp/\.c", r"^bash /tmp/k\.sh", "^scp "),
        ("/tmp/k.sh",),
        frozenset({"web01", "db01"}),
        (r"^tar czf /var/tmp",),
        is_shared=True,
    ),
    "a job that somebody else runs, then ssh": Case(
        "cron-ssh",
        (r"^/bin/sh /srv/shop/\.r", "^bash -c cat /srv/db/cards"),
        ("/etc/cron.d/refresh", "/srv/shop/.r"),
        frozenset({"app02", "db02"}),
        ("^bash -c cat /srv/db/stock",),
    ),
    "a script that a timer runs": Case(
        "jobs", ("^/bin/bash /srv/shop/jobs/refresh", "^cat /srv/shop/customers"), (), frozenset({"shop01"})
    ),
    "a guessed password": Case(
        "ssh-login",
        (r"^chmod \+x /tmp/\.x", r"^/bin/bash /tmp/\.x", "^curl "),
        ("/tmp/.x",),
        frozenset({"gw01"}),
        ("salaries",),
    ),
}


def anchored(store: Store, case: Case) -> tuple[list[TracedAlert], list[TracedAlert]]:
    def of(selector: Selector, name: str) -> TracedAlert:
        nodes = [node for node in store.find(selector) if not node.attributes.get("forked")]
        assert nodes, selector
        return alert(store, name, "medium", anchor(store, nodes[0]))

    own = [of(Selector(command=program), f"attack: {program}") for program in case.programs]
    own += [of(Selector(file=path), f"attack: {path}") for path in case.files]
    return own, [of(Selector(command=program), f"other: {program}") for program in case.others]


@pytest.mark.parametrize("name", CASES)
def test_an_attack_is_one_incident(name: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    case = CASES[name]
    if case.is_shared:
        folder = request.getfixturevalue("shared") / "recordings" / case.folder
    else:
        folder = ROOT / "tests" / "recordings" / case.folder
    logs = sorted(folder.glob("*.log.xz"))
    if not logs:
        pytest.skip(f"{folder} has no logs")
    store = open_store(str(ingested(tmp_path / "graph.db", logs)))
    own, others = anchored(store, case)
    store.close()
    ids = {one.id for one in own}
    assert [group for group in map(set, grouped([*own, *others])) if group & ids] == [ids]
    assert incidents(own)[0].summary.hosts.keys() == case.hosts
