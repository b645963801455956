"""`provenance backtrack`: traces an alert, a flow or an entity back to the way in."""

from provenance.cli.parser import Commands
from provenance.cli.tracing import add_command
from provenance.store.interface import Direction


def add(commands: Commands) -> None:
    """Adds the command to the parser."""
    add_command(
        commands,
        "backtrack",
        Direction.BACKWARD,
        "--at",
        "trace an alert, a flow or an entity back to where the attackers came in",
        "trace what happened up to this time",
    )
