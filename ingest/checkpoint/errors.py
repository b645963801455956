"""The error of this package, in a module that everything else in it may import."""

from __future__ import annotations


class CheckpointError(ValueError):
    """A checkpoint that this version cannot go on from: damaged, or of a version that cannot be migrated."""
