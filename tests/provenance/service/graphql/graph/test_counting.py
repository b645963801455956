"""The intervals of the histogram of a store."""

from __future__ import annotations

from collections import Counter

import pytest

from provenance.errors import UsageError
from provenance.ingest.facts import FlowKind
from provenance.service.graphql.base.buckets import MOST_BUCKETS
from provenance.service.graphql.base.minutes import MINUTE_MS
from provenance.service.graphql.graph.counting import histogram

READ = FlowKind.READ


def test_empty_intervals_stand_between_others() -> None:
    bars = histogram(Counter({(10, READ): 2, (13, READ): 3}), 1, None, None, None)
    assert [bar.count for bar in bars] == [2, 0, 0, 3]
    assert [(bar.first, bar.last) for bar in bars[:1]] == [(10 * MINUTE_MS, 11 * MINUTE_MS)]


def test_a_histogram_of_too_many_intervals_says_what_to_give() -> None:
    counts = Counter({(0, READ): 2, (MOST_BUCKETS, READ): 3})
    with pytest.raises(
        UsageError, match=r"too many intervals: 501, at most 500 .* give since and until, or more minutes"
    ):
        histogram(counts, 1, None, None, None)
    assert len(histogram(counts, 2, None, None, None)) == MOST_BUCKETS // 2 + 1
    assert [bar.count for bar in histogram(counts, 1, None, MINUTE_MS, None)] == [3]
    assert [bar.count for bar in histogram(counts, 1, None, None, MINUTE_MS)] == [2]
