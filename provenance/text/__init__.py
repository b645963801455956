"""Text of names and values: escapes, labels of nodes, printed times, event keys, hashes."""
