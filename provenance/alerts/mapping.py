"""The mapping file: says where the JSON of another product has the fields of an alert (docs/alerts.md).

name = "acme"                     # the format's name; also the source of its alerts, unless a field gives it
each = "data.detections"          # the path of the list of alerts, if they come in a list
[when]                            # which JSON objects are alerts: those with all of these values at their paths
"kind" = "detection"
[fields]                          # a field of an alert = the path that holds it, or several in order of preference
title = ["rule.name", "rule.id"]
"process.pid" = "proc.pid"
[fixed]                           # a field of an alert = its value in every alert
severity = "high"
[severity]                        # the product's severity = low, medium, high or critical
"1" = "low"
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from provenance.alerts.documents import Document, name_of
from provenance.alerts.form import PATHS, Fields
from provenance.alerts.formats.format import Format
from provenance.alerts.lookup import as_text, at, first
from provenance.alerts.values import SEVERITIES
from provenance.errors import UsageError

_TABLES = ("when", "fields", "fixed", "severity")
_KEYS = 12
_LISTS = ("hosts", "techniques")


@dataclass(frozen=True, slots=True)
class _Mapping:
    name: str
    each: str | None = None
    when: Mapping[str, Any] = field(default_factory=dict)
    fields: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    fixed: Mapping[str, Any] = field(default_factory=dict)
    severity: Mapping[str, str] = field(default_factory=dict)

    def matches(self, document: Document) -> bool:
        """Whether a document has the values of `when`, or the list of `each`."""
        value = document.value
        if value is None or (self.each is not None and not isinstance(at(value, self.each), list)):
            return False
        return self.each is not None or self._is_alert(value)

    def alerts(self, document: Document) -> Iterator[Fields]:
        """The fields of each alert in a document."""
        value = document.value or {}
        if self.each is None:
            yield self._form(value, document.name)
            return
        items = at(value, self.each)
        for item in items if isinstance(items, list) else ():
            if isinstance(item, Mapping) and self._is_alert(item):
                yield self._form(item, name_of(dict(item)))

    def _is_alert(self, value: Mapping[str, Any]) -> bool:
        return all(at(value, path) == expected for path, expected in self.when.items())

    def _form(self, value: Mapping[str, Any], name: str) -> Fields:
        form: dict[str, Any] = {"source": self.name, "id": name}
        for path, paths in self.fields.items():
            held = (at(value, each) for each in paths) if path in _LISTS else (first(value, each) for each in paths)
            _put(form, path, next((item for item in held if item is not None), None))
        for path, fixed in self.fixed.items():
            _put(form, path, fixed)
        if self.severity and "severity" in form:
            form["severity"] = self.severity.get(as_text(form["severity"]), form["severity"])
        return form


def parse_mapping(text: str, file: str) -> Format:
    """The format that a mapping file describes. Raises UsageError, which names the file and the place."""
    try:
        document = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise UsageError(f"{file}: invalid TOML: {error}") from error
    problem = next(_problems(document), None)
    if problem is not None:
        raise UsageError(f"{file}: {problem}")
    fields = {path: tuple([given] if isinstance(given, str) else given) for path, given in document["fields"].items()}
    rest = {name: document[name] for name in ("each", "when", "fixed", "severity") if name in document}
    mapping = _Mapping(document["name"], fields=fields, **rest)
    return Format(mapping.name, f"mapped by {file}", mapping.matches, mapping.alerts)


def _problems(document: Mapping[str, Any]) -> Iterator[str]:
    for name in document:
        if name not in ("name", "each", *_TABLES):
            yield f"{name}: unknown key; the keys are name, each, {', '.join(_TABLES)}"
    for name in ("name", "each"):
        if name in document and not (isinstance(document[name], str) and document[name].strip()):
            yield f"{name}: invalid value: expected a text"
    for name in _TABLES:
        if not isinstance(document.get(name, {}), dict):
            yield f"{name}: invalid value: expected a table, [{name}]"
    yield from (f"{name}: missing" for name in ("name", "fields") if name not in document)
    yield from _field_problems(document)


def _field_problems(document: Mapping[str, Any]) -> Iterator[str]:
    for table in ("fields", "fixed"):
        for path, given in document.get(table, {}).items():
            if path not in PATHS:
                nested = ' (a dot is part of the name: write it as "process.pid")' if isinstance(given, dict) else ""
                yield f"{table}.{path}: unknown field{nested}; the fields are {', '.join(PATHS)}"
    for path, given in document.get("fields", {}).items():
        paths = given if isinstance(given, list) else [given]
        if not paths or not all(isinstance(each, str) and each for each in paths):
            yield f"fields.{path}: invalid value: expected a path or a list of paths"
        elif any(each.count(".") >= _KEYS for each in paths):
            yield f"fields.{path}: invalid path: expected at most {_KEYS} keys"
    for word, severity in document.get("severity", {}).items():
        if severity not in SEVERITIES:
            yield f"severity.{word}: invalid severity: expected one of {', '.join(SEVERITIES)}"
    if "fields" in document and "title" not in {**document["fields"], **document.get("fixed", {})}:
        yield "fields.title: missing"


def _put(form: dict[str, Any], path: str, value: Any) -> None:
    if value is None:
        return
    part, _, name = path.rpartition(".")
    (form.setdefault(part, {}) if part else form)[name] = value
