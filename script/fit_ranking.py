"""Fit the weights of the ranking of ways in, and write docs/ranking.md: script/fit_ranking.py [--check]

Reads every recording with a truth.json (also those beside the checkout, if present), traces its alerts back, and fits a
conditional logit: of the candidates of a trace, the true way in should have the greatest weighted sum. _PULL is how strongly the
weights are pulled back to the rules of thumb (`PRIOR`). The rank of a recording in the table uses weights that were fitted
without it.

With --check, nothing is written: the weights in the source, and the candidates and weights in docs/ranking.md, are compared with
those found now, and each difference is printed (exit code 1). tests/script/test_fit_ranking.py does this, too.
"""

from __future__ import annotations

import math
import re
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from provenance.store import open_store  # noqa: E402
from provenance.store.interface import Direction, Selector  # noqa: E402
from provenance.trace.limits.address_owners import address_owners  # noqa: E402
from provenance.trace.slice.anchor import Selection, anchors  # noqa: E402
from provenance.trace.slice.budget import DEFAULT  # noqa: E402
from provenance.trace.slice.walk import walk  # noqa: E402
from provenance.trace.trace import merged  # noqa: E402
from provenance.trace.way_in.entries import candidates  # noqa: E402
from provenance.trace.way_in.ranking import MEANINGS, PRIOR, SCALE, WEIGHTS, Candidate, utility  # noqa: E402
from tests.provenance.recordings.recordings import discovered, ingested  # noqa: E402

_PULL = 0.05
_STIFF = {"rare": 40.0, "ran": 20.0}
"""Factors of _PULL for features that depend on how a recording was made, and so do not generalise: how often a peer connects, and
that whoever fetched a file by hand and ran it had nearly always come in from outside."""
_STEPS = 2_000
_RATE = 0.1
_ROUNDING = 0.015
"""Weights are written with two digits; the sums of the fit may differ in the last one from machine to machine."""
_MARK = ("<!-- the table: script/fit_ranking.py -->", "<!-- its end -->")


@dataclass(frozen=True, slots=True)
class Example:
    """The candidates of one trace, and the indices of those that are the way in."""

    name: str
    found: Sequence[Candidate]
    true: frozenset[int]


def main() -> int:
    """Fits the weights, and writes them or compares them with the source. Returns the exit code."""
    examples = list(find_examples())
    fitted = {name: round(value, 2) for name, value in fit(examples).items()}
    if "--check" in sys.argv[1:]:
        found = differences(examples, fitted, (ROOT / "docs" / "ranking.md").read_text("utf-8"))
        sys.stderr.writelines(f"{one}\n" for one in found)
        return int(bool(found))
    _write_weights(fitted)
    _write_table(examples, fitted)
    return 0


def differences(examples: Sequence[Example], fitted: Mapping[str, float], page: str) -> list[str]:
    """How the weights in the source, and the tables of docs/ranking.md (`page`), differ from what the recordings give now; one
    line each. The ranks that were fitted without a recording are not compared: to compute them takes minutes."""
    found = [
        f"{name}: the fitted weight is {value}, that in the source {WEIGHTS[name]}"
        for name, value in fitted.items()
        if abs(value - WEIGHTS[name]) > _ROUNDING
    ]
    shown = dict(re.findall(r"^\| ([\w-]+) \| (\d+) \|", page, re.MULTILINE))
    now = {one.name: str(len(one.found)) for one in examples}
    found += [
        f"{name}: {now.get(name, 'no')} candidates, {shown.get(name, 'none')} in docs/ranking.md"
        for name in sorted(shown.keys() | now.keys())
        if shown.get(name) != now.get(name)
    ]
    rows = (_feature_row(name, WEIGHTS[name]) for name in fitted)
    return found + [f"docs/ranking.md lacks the row {row}" for row in rows if row not in page]


def find_examples() -> Iterator[Example]:
    """The candidates of each recording's alerts, in the order of the recordings' names."""
    with tempfile.TemporaryDirectory() as folder:
        for recording in discovered():
            store_path = ingested(Path(folder) / f"{recording.name}.db", recording.logs)
            with closing(open_store(str(store_path))) as store:
                for number in ("", "2"):
                    alert = recording.truth.get(f"alert{number}")
                    entry = recording.truth.get(f"entry{number}", recording.truth.get("entry"))
                    if alert and entry and alert.get("remote"):
                        yield _example(store, f"{recording.name}{number}", alert, entry)


def _example(store: Any, name: str, alert: Mapping[str, Any], entry: Mapping[str, Any]) -> Example:
    ip, _, port = alert["remote"].rpartition(":")
    selector = Selector(host=alert["host"], command=alert["process"], remote_ip=ip, remote_port=int(port))
    at = round(alert["time"] * 1000) if "time" in alert else None
    start = merged(anchors(store, Selection(selector, at=at), Direction.BACKWARD), Direction.BACKWARD)
    slice_ = walk(store, Direction.BACKWARD, start, None, DEFAULT)
    found = candidates(slice_, address_owners(store))
    true = frozenset(
        place
        for place, one in enumerate(found)
        if slice_.nodes[one.node].attributes.get("ip") == entry["remote"]
        and re.search(entry["process"], str(slice_.nodes[one.served].attributes.get("command") or ""))
    )
    return Example(name, found, true)


def fit(examples: Sequence[Example]) -> dict[str, float]:
    """The weights by gradient descent on the negative log-likelihood of the true candidates, plus the pull to the prior."""
    weights = dict(PRIOR)
    usable = [one for one in examples if one.true]
    rows = [([dict(c.features) for c in one.found if c.fixed is None], one) for one in usable]
    for _ in range(_STEPS):
        slope = {name: 2 * _PULL * _STIFF.get(name, 1.0) * (weights[name] - PRIOR[name]) for name in weights}
        for features, one in rows:
            true = {id for id, c in enumerate(c for c in one.found if c.fixed is None) if _is_true(one, c)}
            for name, value in _slope(features, true, weights).items():
                slope[name] += value
        for name in weights:
            weights[name] -= _RATE * slope[name]
    return weights


def _is_true(example: Example, candidate: Candidate) -> bool:
    return any(example.found[place] is candidate for place in example.true)


def _slope(rows: Sequence[Mapping[str, float]], true: set[int], weights: Mapping[str, float]) -> dict[str, float]:
    utilities = [utility(row, weights) for row in rows]
    top = max(utilities)
    likely = [math.exp(value - top) for value in utilities]
    total, right = sum(likely), sum(likely[place] for place in true)
    slope: dict[str, float] = {}
    for place, row in enumerate(rows):
        pull = likely[place] / total - (likely[place] / right if place in true and right else 0.0)
        for name, value in row.items():
            slope[name] = slope.get(name, 0.0) + pull * value
    return slope


def _ranked(example: Example, weights: Mapping[str, float]) -> tuple[int, float, str]:
    """The rank of the way in, how many times likelier it is than the best candidate of another peer, and that peer."""

    def worth(one: Candidate) -> float:
        return utility(one.features, weights) if one.fixed is None else one.fixed * SCALE

    order = sorted(example.found, key=lambda one: (-worth(one), one.moment, one.node))
    true = [one for one in order if _is_true(example, one)]
    if not true:
        return 0, 0.0, "the true way in is not among the candidates"
    others = [one for one in order if not one.peer or one.peer != true[0].peer]
    rank = order.index(true[0]) + 1
    if not others:
        return rank, math.inf, "none"
    return rank, math.exp(min(worth(true[0]) - worth(others[0]), 50)), _name(others[0])


def _name(one: Candidate) -> str:
    kind = next(iter(name for name in one.features if name not in ("near", "close", "rare", "other_connection")), "?")
    return f"{one.peer} ({kind})" if one.peer else kind


def _write_weights(fitted: Mapping[str, float]) -> None:
    path = ROOT / "provenance" / "trace" / "way_in" / "ranking.py"
    lines = "".join(f'        "{name}": {value},\n' for name, value in fitted.items())
    text = re.sub(
        r"WEIGHTS: Mapping\[str, float\] = MappingProxyType\(.*?\)\n\n",
        "WEIGHTS: Mapping[str, float] = MappingProxyType(\n    {\n" + lines + "    }\n)\n\n",
        path.read_text("utf-8"),
        flags=re.DOTALL,
    )
    path.write_text(text, "utf-8")


def _write_table(examples: Sequence[Example], fitted: Mapping[str, float]) -> None:
    rows = [
        "| recording | candidates | rank | times as probable as the next peer | the next peer |",
        "|---|---|---|---|---|",
    ]
    for number, example in enumerate(examples):
        weights = fit([*examples[:number], *examples[number + 1 :]])
        rank, factor, other = _ranked(example, weights)
        shown = "-" if not rank else "more than 1,000" if factor > 1000 else f"{factor:.1f}"
        rows.append(f"| {example.name} | {len(example.found)} | {rank or '-'} | {shown} | {other} |")
        sys.stderr.write(rows[-1] + "\n")
    rows += ["", "| feature | means | rule of thumb | fitted |", "|---|---|---|---|"]
    rows += [_feature_row(name, value) for name, value in fitted.items()]
    path = ROOT / "docs" / "ranking.md"
    before, _, after = path.read_text("utf-8").partition(_MARK[0])
    path.write_text(
        before + _MARK[0] + "\n\n" + "\n".join(rows) + "\n\n" + _MARK[1] + after.partition(_MARK[1])[2], "utf-8"
    )


def _feature_row(name: str, weight: float) -> str:
    return f"| `{name}` | {MEANINGS[name]} | {PRIOR[name]} | {weight} |"


if __name__ == "__main__":
    sys.exit(main())
