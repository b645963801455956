"""What can go wrong, as the exit codes of the command line know it."""

from __future__ import annotations


class ProvenanceError(Exception):
    """Base of every error raised on purpose: one line for a person, and an `exit_code` (docs/interface.md#exit-codes)."""

    exit_code = 2


class UsageError(ProvenanceError):
    """A command, selector or setting that cannot mean anything."""


class InputError(ProvenanceError):
    """Input that cannot be read: says which source and, where known, the line or byte."""


class NothingFound(ProvenanceError):
    """A selector that matches nothing."""

    exit_code = 1


class Stopped(ProvenanceError):
    """Work that nobody waits for any longer: whoever follows it ends it."""


class OutOfTime(ProvenanceError):
    """Work whose time is up; it has been stopped."""


class StoreError(ProvenanceError):
    """A store that cannot be used as asked."""


class StoreUnreachable(StoreError):
    """A store that cannot be reached, opened or written."""

    exit_code = 3


class StoreBusy(StoreUnreachable):
    """Somebody else holds the store's writer; the message says who."""


class StoreTooNew(StoreError):
    """A store that a newer version of this program wrote."""
