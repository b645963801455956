"""Host aliases: the names that other products use for hosts."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provenance.alerts.alert import Alert
from provenance.alerts.aliases import parse_aliases, resolve_host
from provenance.alerts.reading import read
from provenance.errors import UsageError

TABLE = '[hosts]\n"i-0a1b" = "web01"\n"007" = "web02"\n"edr:008" = "db01"\n"192.0.2.9" = "web09"\n'


@pytest.mark.parametrize(
    ("fields", "host", "others"),
    [
        ({"host": "i-0a1b"}, "web01", ["i-0a1b"]),
        ({"host": "i-0a1b", "agent": "007"}, "web02", ["i-0a1b"]),
        ({"agent": "008"}, "db01", None),
        ({"agent": "008", "source": "other"}, None, None),
        ({"host": "x", "hosts": ["y", "192.0.2.9"]}, "web09", ["x", "y", "192.0.2.9"]),
        ({"host": "web01", "hosts": ["i-0a1b"]}, "web01", ["i-0a1b"]),
        ({"host": "unknown"}, "unknown", None),
    ],
)
def test_an_alias_names_the_host_of_an_alert(
    fields: dict[str, object], host: str | None, others: list[str] | None
) -> None:
    body = json.dumps({"source": "edr", "id": "1", "title": "t"} | fields).encode()
    (alert,) = read(body, aliases=parse_aliases(TABLE, "f")).alerts
    assert (alert.body.get("host"), alert.body.get("hosts")) == (host, others)
    assert alert.id == read(body).alerts[0].id, "it is the same alert"


_NAME = st.sampled_from(["a", "b", "c", "d"])
_TABLE = st.dictionaries(st.sampled_from(["a", "b", "c", "007", "edr:007"]), st.sampled_from(["a", "web01", "web02"]))


@given(st.lists(_NAME, unique=True, max_size=3), st.none() | st.just("007"), _TABLE, _TABLE)
def test_another_table_is_applied_to_the_original_names(
    names: list[str], agent: str | None, first: dict[str, str], second: dict[str, str]
) -> None:
    body: dict[str, object] = {} if agent is None else {"agent": agent}
    body |= {"host": names[0]} if names else {}
    body |= {"hosts": names[1:]} if names[1:] else {}
    alert = Alert("a1", "edr", "1", "t", body)
    assert resolve_host(resolve_host(alert, first), second) == resolve_host(alert, second)
    assert resolve_host(resolve_host(alert, first), {}) == alert


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x", "f: invalid TOML"),
        ("", "f: hosts: the file must hold one table"),
        ("hosts = 3", "f: hosts: the file must hold one table"),
        ('[hosts]\n"a" = 3', r"f: hosts\.a: invalid host name"),
        ('[hosts]\n"a" = ""', r"f: hosts\.a: invalid host name"),
        ('[host]\n"a" = "b"', "f: host: the file must hold one table"),
    ],
)
def test_an_error_in_a_table_is_named(text: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        parse_aliases(text, "f")
