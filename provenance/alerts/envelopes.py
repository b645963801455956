"""Envelopes: what products wrap several alerts in, such as Elasticsearch search results and OData answers.

Sources: https://www.elastic.co/docs/api/doc/elasticsearch/operation/operation-search (`hits.hits[]._source`),
https://learn.microsoft.com/en-us/defender-endpoint/api/get-alerts (`value[]`).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from provenance.alerts.documents import Broken, Document
from provenance.alerts.lookup import at


def unwrap(outer: Document | Broken) -> Iterator[Document | Broken]:
    """The documents in an envelope, each with its own text; a document without an envelope is returned unchanged."""
    items = _items(outer.value) if isinstance(outer, Document) and outer.value is not None else None
    if items is None:
        yield outer
        return
    for number, item in enumerate(items, 1):
        place, text = f"{outer.place}, item {number}", json.dumps(item)
        if isinstance(item, Mapping):
            yield Document(place, text, item)
        else:
            yield Broken(place, text, "not a JSON object")
    if not items:
        yield Broken(outer.place, outer.text, "an answer without alerts")


def _items(value: Mapping[str, Any]) -> list[Any] | None:
    hits = at(value, "hits.hits") if isinstance(value.get("hits"), Mapping) else None
    if isinstance(hits, list):
        return [_source(hit) for hit in hits]
    if "@odata.context" in value and isinstance(value.get("value"), list):
        return list(value["value"])
    return [_source(value)] if isinstance(value.get("_source"), Mapping) else None


def _source(hit: Any) -> Any:
    """The document of a search hit, with the hit's id."""
    source = hit.get("_source") if isinstance(hit, Mapping) else None
    return {"_id": hit.get("_id"), **source} if isinstance(source, Mapping) else hit
