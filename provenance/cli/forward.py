"""`provenance forward`: traces from an alert, a flow or an entity to everything that it reached."""

from provenance.cli.parser import Commands
from provenance.cli.tracing import add_command
from provenance.store.interface import Direction


def add(commands: Commands) -> None:
    """Adds the command to the parser."""
    add_command(
        commands,
        "forward",
        Direction.FORWARD,
        "--since",
        "trace an alert, a flow or an entity forward to everything it reached, on other hosts too",
        "trace what happened from this time on",
    )
