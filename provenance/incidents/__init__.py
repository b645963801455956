"""Alerts become incidents: which alerts tell of one story, what that story is, and which to open first.

Pure but for `fans`, which counts in a store. Nothing here knows of requests, queues or clocks.
"""
