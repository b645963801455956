"""Alerts of other products: read into one form for the search of anchors (bytes in, alerts and rejects out), and stored as
documents in a queue."""
