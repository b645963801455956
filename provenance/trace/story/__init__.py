"""The story: the few steps of a slice that a reader needs, chosen and put in order."""
