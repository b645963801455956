"""Incidents: the grouping of alerts about one attack, the story of each incident, and the score that orders them.

Everything here is pure, except `fans`, which counts in a store. Nothing here uses requests, queues or the current time.
"""
