"""What can go wrong, as the exit codes of the command line know it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence


class ProvenanceError(Exception):
    """Base of every error raised on purpose: one line for a person, and an `exit_code` (docs/interface.md#exit-codes)."""

    exit_code = 2


class UsageError(ProvenanceError):
    """A command, selector or setting that cannot mean anything."""


class Ambiguous(UsageError):
    """A selector that matches several entities where one is needed; `matches` are the first of them, each with `id`, `time`
    and `label`."""

    def __init__(self, message: str, matches: Sequence[Mapping[str, str]]) -> None:
        super().__init__(message)
        self.matches = [dict(match) for match in matches]


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
