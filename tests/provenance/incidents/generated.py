"""Generated alerts and decisions."""

from __future__ import annotations

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from provenance.incidents.decisions import Decision
from provenance.incidents.traced_alert import SEVERITIES, Damage, TracedAlert, Way

CHECKED = settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.too_slow])
NAMES = [f"a{number}" for number in range(8)]
WAYS = st.builds(
    Way,
    st.integers(0, 99),
    st.just("a"),
    st.sampled_from("pq"),
    st.none() | st.just("e"),
    st.floats(0, 1),
    st.booleans(),
    st.text(max_size=3),
    st.text(max_size=3),
)


@st.composite
def _alert(draw: st.DrawFn, name: str) -> TracedAlert:
    return TracedAlert(
        name,
        draw(st.text(max_size=5)),
        draw(st.sampled_from(SEVERITIES)),
        draw(st.integers(0, 100)),
        tuple(sorted(draw(st.sets(st.sampled_from("uvwxyz"), max_size=2)))),
        draw(st.dictionaries(st.sampled_from(("h1", "h2", "h3")), st.integers(0, 100), max_size=3)),
        tuple(draw(st.lists(WAYS, max_size=2))),
        draw(st.builds(Damage, st.integers(0, 5000), st.integers(0, 5000), st.integers(0, 50))),
    )


ALERTS = st.lists(st.sampled_from(NAMES), unique=True, min_size=1).flatmap(
    lambda names: st.tuples(*(_alert(name) for name in names)).map(list)
)
GROUPS = st.lists(st.sampled_from(NAMES), unique=True, min_size=2).flatmap(
    lambda names: st.lists(st.integers(0, 2), min_size=len(names), max_size=len(names)).map(
        lambda places: tuple(
            tuple(name for name, at in zip(names, places, strict=True) if at == place) for place in sorted(set(places))
        )
    )
)
DECISIONS = st.lists(st.builds(Decision, GROUPS), max_size=4)
