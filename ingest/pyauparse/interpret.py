"""What a raw value means to a reader, as libauparse's `interpret_field` would say it."""

from __future__ import annotations

from collections.abc import Sequence


def interpret(
    record_type: str,
    name: str,
    value: str,
    arch: str | None = None,
    syscall: int | None = None,
    a: Sequence[str] | None = None,
) -> str:
    """The reading of field `name` of a record of `record_type`.

    `value` is the text as it stands in the log, with its quotes. `arch` (as in the log, `c000003e`), `syscall` and `a`
    (the raw a0..a3) are those of the SYSCALL record of the same event, when there is one. What has no reading of its own
    comes back as it is.
    """
    if len(value) > 1 and value[0] == value[-1] == '"':
        return value[1:-1]
    return value
