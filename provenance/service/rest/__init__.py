"""The REST part: one router a file."""
