"""Suppression rules: which alerts they hide, until when, and how hidden alerts are listed."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provenance.alerts.alert import Alert
from provenance.errors import NothingFound, UsageError
from provenance.service.suppression.records import RuleRecord
from provenance.service.suppression.rules import CONDITIONS, Rule, matching_rule, parse_rule
from provenance.service.suppression.storage import (
    change,
    create,
    hidden_alerts,
    hidden_counts,
    hide,
    rule_document,
    rule_that_hid,
    withdraw,
)
from provenance.store.documents import Documents
from provenance.store.interface import Store
from tests.provenance.incidents.generated import CHECKED
from tests.provenance.service.concurrent import ConcurrentlyChanged

DAY = 86_400_000
WRITTEN: dict[str, Any] = {"conditions": {"title": "Nightly*"}, "owner": "ops", "reason": "the backup"}


def alert(id: str = "1", title: str = "Nightly backup", **body: Any) -> Alert:
    return Alert(f"x-{id}", "ids", id, title, body)


@pytest.fixture
def documents(empty: Store) -> Documents:
    return empty.documents()


@pytest.mark.parametrize(
    ("conditions", "hides"),
    [
        ({"title": "Nightly*"}, True),
        ({"title": "nightly*"}, False),
        ({"source": "ids"}, True),
        ({"host": "web0[12]"}, True),
        ({"host": "db*"}, False),
        ({"command": "tar czf *"}, True),
        ({"path": "/var/tmp/*", "user": "root"}, True),
        ({"path": "/var/tmp/*", "user": "guest"}, False),
        ({"remote_ip": "10.*"}, True),
        ({"exe": "?*", "title": "N*"}, False),
        ({"severity": "low"}, True),
    ],
)
def test_all_conditions_must_match(conditions: dict[str, str], hides: bool) -> None:
    seen = alert(
        host="web01",
        severity="low",
        user="root",
        process={"command": "tar czf /var/tmp/x.tgz /etc"},
        file={"path": "/var/tmp/x.tgz"},
        network={"remote_ip": "10.0.0.1"},
    )
    assert parse_rule("r", WRITTEN | {"conditions": conditions}, DAY).hides(seen, 0) is hides


def test_a_rule_hides_no_alert_after_its_end() -> None:
    made = parse_rule("r", WRITTEN, DAY)
    assert made.hides(alert(), DAY - 1)
    assert not made.hides(alert(), DAY)


@CHECKED
@given(
    st.lists(
        st.builds(
            Rule, st.text("abc", max_size=2), st.just({"title": "N*"}), st.just("o"), st.just("r"), st.integers(0, 9)
        ),
        max_size=5,
    ),
    st.integers(0, 9),
)
def test_the_hiding_rule_does_not_depend_on_the_order_of_rules(rules: list[Rule], at: int) -> None:
    one, other = matching_rule(rules, alert(), at), matching_rule(reversed(rules), alert(), at)
    assert (one and one.id) == (other and other.id)
    assert (one is None) == all(rule.until <= at for rule in rules)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"conditions": {}}, "conditions"),
        ({"conditions": {"colour": "red"}}, "'colour'"),
        ({"conditions": {"title": ""}}, "conditions.title"),
        ({"conditions": {"title": "*", "host": "?*"}}, "match every alert"),
        ({"conditions": {"title": ["x"]}}, "conditions.title"),
        ({"owner": " "}, "owner"),
        ({"reason": None}, "reason"),
    ],
)
def test_a_rule_without_conditions_or_end_is_rejected(wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        parse_rule("r", WRITTEN | wrong, DAY)


def test_a_hidden_alert_is_counted_and_listed_once(documents: Documents) -> None:
    made = create(documents, WRITTEN, DAY, "me", 1)
    assert hide(documents, alert("1"), 5, 5) == made.key
    assert hide(documents, alert("2"), 5, 6) == made.key
    assert hide(documents, alert("2"), 5, 7) == made.key
    assert hide(documents, alert("3", "Reverse shell"), 5, 8) is None
    assert hide(documents, alert("4"), DAY, 9) is None
    assert hidden_counts(documents) == {made.key: 2}
    assert [document.body["id"] for document in hidden_alerts(documents, made.key, None, 9)] == ["2", "1"]
    assert rule_that_hid(documents, "x-1") == made.key
    assert rule_that_hid(documents, "x-3") is None


def test_hidden_alerts_stay_listed_when_their_rule_is_changed_or_withdrawn(documents: Documents) -> None:
    made = create(documents, WRITTEN, DAY, "me", 1)
    hide(documents, alert("1"), 5, 5)
    change(documents, made.key, {"conditions": {"title": "Other*"}}, None, "you", 2)
    assert rule_document(documents, made.key).body["owner"] == "ops"
    assert hide(documents, alert("2"), 5, 6) is None
    change(documents, made.key, WRITTEN, 2 * DAY, "you", 3)
    assert hide(documents, alert("2"), DAY + 1, 7) == made.key
    withdraw(documents, made.key, "you", 4)
    assert hide(documents, alert("3"), 5, 8) is None
    assert hidden_counts(documents) == {made.key: 2}
    with pytest.raises(UsageError, match="colour"):
        change(documents, made.key, {"conditions": {"colour": "red"}}, None, "you", 5)
    with pytest.raises(NothingFound):
        withdraw(documents, "r-none", "you", 6)


def test_two_changes_of_a_rule_at_the_same_time_are_both_kept(documents: Documents) -> None:
    made = create(documents, WRITTEN, DAY, "me", 1)

    def other_change() -> None:
        change(documents, made.key, {"reason": "a new reason"}, None, "you", 2)

    changed = ConcurrentlyChanged(documents, "replace", other_change)
    change(changed, made.key, {"owner": "soc"}, None, "me", 3)
    rule = RuleRecord.of(rule_document(documents, made.key)).rule
    assert (rule.owner, rule.reason) == ("soc", "a new reason")


def test_a_rule_that_is_changed_during_its_withdrawal_is_withdrawn(documents: Documents) -> None:
    made = create(documents, WRITTEN, DAY, "me", 1)

    def other_change() -> None:
        change(documents, made.key, {"reason": "a new reason"}, None, "you", 2)

    withdraw(ConcurrentlyChanged(documents, "replace", other_change), made.key, "me", 3)
    assert rule_document(documents, made.key).body["reason"] == "a new reason"
    assert hide(documents, alert("1"), 5, 6) is None


def test_a_hidden_alert_that_another_rule_hides_later_is_counted_there(documents: Documents) -> None:
    first = create(documents, WRITTEN, DAY, "me", 1)
    assert hide(documents, alert("1"), 5, 5) == first.key
    withdraw(documents, first.key, "me", 2)
    second = create(documents, WRITTEN | {"reason": "it is still the backup"}, DAY, "me", 3)
    assert hide(documents, alert("1"), 5, 6) == second.key
    assert rule_that_hid(documents, "x-1") == second.key
    assert hidden_counts(documents) == {second.key: 1}


def test_every_condition_is_a_field_of_alerts() -> None:
    assert {"source", "title", "host", "command", "path"} <= CONDITIONS.keys()
