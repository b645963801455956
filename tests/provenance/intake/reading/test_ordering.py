"""The order of the files of one log, from their names and from what their beginnings and ends show."""

from __future__ import annotations

from provenance.intake.reading.extents import Extent, Place
from provenance.intake.reading.ordering import in_order, is_rotation, two_machines

HOST = "web01"
HOUR_MS = 3_600_000


def logs(**spans: tuple[Place, Place]) -> tuple[dict[str, Extent], dict[str, dict[str | None, Place]]]:
    """The extents and the ends of files of one host; `_` in a name stands for a dot."""
    named = {name.replace("_", "."): span for name, span in spans.items()}
    extents = {name: Extent(frozenset((HOST,)), {HOST: begin}, begin, False) for name, (begin, _) in named.items()}
    return extents, {name: {HOST: end} for name, (_, end) in named.items()}


def test_names_of_a_rotation_that_the_records_contradict_do_not_hold() -> None:
    """audit.log.1 continues audit.log: somebody has named them the wrong way round."""
    extents, ends = logs(
        audit_log_1=(Place(2 * HOUR_MS, 200), Place(3 * HOUR_MS, 300)),
        audit_log=(Place(0, 100), Place(2 * HOUR_MS, 199)),
    )
    assert not is_rotation(["audit.log.1", "audit.log"], extents, ends.__getitem__)
    assert in_order(["audit.log.1", "audit.log"], extents, ends.__getitem__) == ["audit.log", "audit.log.1"]


def test_names_of_a_rotation_hold_where_the_clock_was_set_back() -> None:
    extents, ends = logs(
        audit_log_1=(Place(2 * HOUR_MS, 5000), Place(3 * HOUR_MS, 6000)), audit_log=(Place(0, 1), Place(HOUR_MS, 900))
    )
    assert is_rotation(["audit.log.1", "audit.log"], extents, ends.__getitem__)


def test_files_of_one_rotation_are_of_one_machine() -> None:
    """Only files that are no rotation of each other can be of two machines of one name."""
    extents, ends = logs(
        audit_log_1=(Place(0, 10), Place(2 * HOUR_MS, 50)),
        audit_log=(Place(0, 10_000), Place(2 * HOUR_MS, 10_050)),
        other_log=(Place(0, 70_000), Place(2 * HOUR_MS, 70_050)),
    )
    found = two_machines(list(extents), extents, ends.__getitem__)
    assert sorted(found) == [("audit.log", "other.log"), ("audit.log.1", "other.log")]
