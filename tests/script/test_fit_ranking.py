"""The weights of the ranking and their page are those that the recordings give."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from script.fit_ranking import Example, differences, find_examples, fit
from tests.conftest import ROOT

PAGE = (ROOT / "docs" / "ranking.md").read_text("utf-8")


@pytest.fixture(scope="module")
def examples(shared: Path) -> list[Example]:
    """The candidates of all recordings: the weights are fitted to the shared ones, too."""
    return list(find_examples())


def test_the_recordings_give_the_weights_and_the_candidates_of_the_page(examples: list[Example]) -> None:
    """After a change that moves the ranking: run script/fit_ranking.py, and read what changes in docs/ranking.md."""
    weights = {name: round(value, 2) for name, value in fit(examples).items()}
    assert differences(examples, weights, PAGE) == []
    moved = weights | {"near": weights["near"] + 0.1}
    assert [line.partition(":")[0] for line in differences(examples, moved, PAGE)] == ["near"]
    fewer = [replace(examples[0], found=examples[0].found[1:]), *examples[2:]]
    missing = examples[1].name
    assert differences(fewer, weights, PAGE) == sorted(
        [
            f"{examples[0].name}: {len(examples[0].found) - 1} candidates, {len(examples[0].found)} in docs/ranking.md",
            f"{missing}: no candidates, {len(examples[1].found)} in docs/ranking.md",
        ]
    )
