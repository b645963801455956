"""The command line: `provenance COMMAND ...`, a module a command."""

from provenance.cli.main import main

__all__ = ["main"]
