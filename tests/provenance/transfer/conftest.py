"""Copies are held against the stores that CONTRACT.md of `provenance/store` is tested with."""

from __future__ import annotations

from tests.provenance.store.conftest import make_store, store

__all__ = ["make_store", "store"]
