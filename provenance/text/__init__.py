"""Small things about text that every room needs: escapes, labels, times, event keys, hashes."""
