"""The road from log files to a committed graph: sources are read, hosts derived, batches written, connections joined."""
