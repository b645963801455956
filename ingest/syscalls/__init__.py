"""From system calls to facts: `table.TABLE` says which handler each call has; a handler moves one call's state."""
