"""`provenance audit-rules`: prints the audit rules that auditd needs for a log from which a graph can be made."""

from __future__ import annotations

import sys
from importlib.resources import files
from pathlib import Path

import provenance
from provenance import private_files
from provenance.cli.options import FILE, Command, Option, Options
from provenance.errors import UsageError

_NAME = "audit.rules"


def rules() -> str:
    """The text of the rules: inside the package in a wheel, in `docs` in a checkout."""
    inside = files("provenance") / "_data" / _NAME
    place = inside if inside.is_file() else Path(provenance.__file__).parent.parent / "docs" / _NAME
    return place.read_text(encoding="utf-8")


def run(options: Options) -> int:
    """Prints the rules, or writes them to a new file. Raises UsageError for a file that exists."""
    if options.output is None:
        sys.stdout.write(rules())
        return 0
    try:
        with open(options.output, "x", encoding="utf-8", opener=private_files.opener) as file:
            file.write(rules())
    except FileExistsError:
        raise UsageError(f"{options.output} exists already: remove it first, or name another file") from None
    return 0


command = Command(
    "audit-rules",
    run,
    "Print the audit rules with which auditd records what this program needs. A comment explains each rule. Load them on every"
    " host that you want to trace, before an attack: without them the log lacks most files and connections.",
    [
        Option(
            "--output",
            type=FILE,
            metavar="FILE",
            help="write the rules to a new file, such as /etc/audit/rules.d/provenance.rules; then run `augenrules --load`",
        )
    ],
    ("provenance audit-rules", "provenance audit-rules --output /etc/audit/rules.d/provenance.rules"),
)
