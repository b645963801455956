"""The command line: `provenance COMMAND ...`, one module for each command."""

from provenance.cli.main import main

__all__ = ["main"]
