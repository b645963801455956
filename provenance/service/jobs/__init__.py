"""Durable queues and the servers that work on them."""
