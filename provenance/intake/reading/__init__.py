"""From log files to batches of facts: what a process needs that only reads, and no store."""
