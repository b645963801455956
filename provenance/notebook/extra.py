"""Import of the libraries of the extra `notebook`, which only this package uses, when one of its functions is called."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from provenance.errors import UsageError

_EXTRA = "provenance-graph[notebook]"


def library(name: str) -> Any:
    """A library of the extra. Raises UsageError, which names the extra, when it is not installed."""
    package = name.partition(".")[0]
    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        if error.name not in (name, package):
            raise
        raise UsageError(f"{package} is not installed: install it with `pip install '{_EXTRA}'`") from None
