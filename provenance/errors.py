"""The errors that are raised on purpose, each with its exit code of the command line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence


class ProvenanceError(Exception):
    """Base of every error that is raised on purpose: a message of one line, and an exit code
    (docs/interface.md#exit-codes)."""

    exit_code = 2


class UsageError(ProvenanceError):
    """A command, selector or setting that is invalid."""


class Ambiguous(UsageError):
    """A selector that matches several entities where one is needed; `matches` are the first of them, each with `id`, `time`
    and `label`."""

    def __init__(self, message: str, matches: Sequence[Mapping[str, str]]) -> None:
        super().__init__(message)
        self.matches = [dict(match) for match in matches]


class Conflict(UsageError):
    """A change of something that was changed since it was read; `version` is the one that it has now."""

    def __init__(self, message: str, version: int) -> None:
        super().__init__(message)
        self.version = version


class InputError(ProvenanceError):
    """Input that cannot be read; the message names the source and, where known, the line or byte."""


class NothingFound(ProvenanceError):
    """A selector that matches nothing."""

    exit_code = 1


class Stopped(ProvenanceError):
    """Work that was stopped because nobody waits for its result any longer."""


class OutOfTime(ProvenanceError):
    """Work that was stopped because it reached its time limit."""


class StoreError(ProvenanceError):
    """A store that cannot do what was requested."""


class StoreUnreachable(StoreError):
    """A store that cannot be reached, opened or written."""

    exit_code = 3


class StoreMissing(StoreUnreachable):
    """There is no store at a path."""

    exit_code = 2


class StoreBusy(StoreUnreachable):
    """Another process is writing into the store; the message names it."""


class StoreTooNew(StoreError):
    """A store that a newer version of this program wrote."""
