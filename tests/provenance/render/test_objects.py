"""The names by which a story tells files that were renamed."""

from __future__ import annotations

import pytest

from provenance.render.objects import known_as


@pytest.mark.parametrize(
    ("label", "told"),
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
def test_a_file_with_a_temporary_name_has_the_one_it_was_renamed_to(label: str, told: str) -> None:
    assert known_as(label) == told
