"""What is said beside the answer, on standard error: one line each, with hostile text made visible."""

from __future__ import annotations

import sys

from provenance.text.escape import visible


def complain(message: str) -> None:
    """What went wrong, in one line."""
    sys.stderr.write(f"provenance: {visible(message)}\n")


def remark(message: str) -> None:
    """Something worth knowing that is no part of the answer."""
    sys.stderr.write(visible(message) + "\n")
