"""The files that a story lists, and the names that it shows of renamed ones."""

from __future__ import annotations

import pytest

from provenance.render.objects import known_as, reads
from provenance.trace.result import Effect, Step


@pytest.mark.parametrize(
    ("label", "name"),
    [
        ("/srv/run.sh", "/srv/run.sh"),
        ("/srv/.run.sh.FYyxtS (later /srv/run.sh)", "/srv/run.sh"),
        ("/etc/passwd+ (later /etc/passwd)", "/etc/passwd"),
        ("/srv/orders.csv (later /srv/orders.csv.locked)", "/srv/orders.csv (later /srv/orders.csv.locked)"),
        ("/tmp/run.sh.1 (later /srv/run.sh)", "/tmp/run.sh.1 (later /srv/run.sh)"),
        ("/srv/.r (later /srv/jobs/refresh)", "/srv/.r (later /srv/jobs/refresh)"),
        ("203.0.113.9:443/tcp", "203.0.113.9:443/tcp"),
    ],
)
def test_a_file_with_a_temporary_name_has_the_one_it_was_renamed_to(label: str, name: str) -> None:
    assert known_as(label) == name


def _step(moment: int, *effects: tuple[str, str], doubt: str = "") -> Step:
    return Step(
        moment,
        "web01",
        moment,
        None,
        "a program",
        effects=tuple(Effect(verb, (name,)) for verb, name in effects),
        doubt=doubt,
    )


def test_what_was_there_before_is_read_and_what_an_earlier_step_wrote_or_a_doubtful_one_read_is_not() -> None:
    steps = [
        _step(1, ("writes", "/srv/.t (later /srv/tool)")),
        _step(2, ("reads", "/srv/tool"), ("reads", "/srv/orders.csv")),
        _step(3, ("reads", "/srv/prices.csv"), doubt="may be a job from before"),
        _step(4, ("reads", "/srv/cards.csv"), ("reads", "/root/.ssh/id_rsa")),
        _step(5, ("writes", "/srv/orders.csv")),
    ]
    assert reads(steps) == ["/root/.ssh/id_rsa (secret)", "/srv/cards.csv", "/srv/orders.csv"]


def test_a_file_whose_mode_was_changed_before_is_still_one_that_was_read() -> None:
    steps = [_step(1, ("changes mode of", "/srv/cards.csv")), _step(2, ("reads", "/srv/cards.csv"))]
    assert reads(steps) == ["/srv/cards.csv"]
