"""Handlers of system calls: `table.TABLE` maps each call to its handler, which changes the state and emits facts."""
