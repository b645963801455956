"""The errors of unreadable input, each with its place."""

from __future__ import annotations


class AuditInputError(Exception):
    """Input that cannot be read. `source` names it; `byte` (from 0) says where, when known."""

    def __init__(self, source: str, problem: str, byte: int | None = None) -> None:
        self.source = source
        self.problem = problem
        self.byte = byte
        place = source if byte is None else f"{source}, byte {byte}"
        super().__init__(f"{place}: {problem}")


class UnreadableError(AuditInputError):
    """The source cannot be opened or read."""


class CompressionError(AuditInputError):
    """A compressed source is damaged or truncated; what came before was read."""


class FormatError(AuditInputError):
    """The source holds no audit records in a known format."""
