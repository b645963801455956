"""Rules: what records mean, and how they change the state of a host."""
