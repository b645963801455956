"""Copies are tested with the same stores as CONTRACT.md of `provenance/store`."""

from __future__ import annotations

from tests.provenance.store.conftest import make_store, store

__all__ = ["make_store", "store"]
