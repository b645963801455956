"""The error of this package, in a module that everything else in it may import."""

from __future__ import annotations

_LONGEST = 200


class CheckpointError(ValueError):
    """A checkpoint from which this version cannot continue: damaged, or of a version that cannot be migrated."""


def damaged(why: object) -> CheckpointError:
    """The error for a damaged checkpoint. The reason may quote what somebody wrote into it: one short line of ASCII is left."""
    text = str(why) or type(why).__name__
    return CheckpointError(f"damaged checkpoint: {ascii(text[:_LONGEST])[1:-1]}")
