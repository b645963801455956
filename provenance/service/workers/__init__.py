"""Threads and processes that work on the queues."""
