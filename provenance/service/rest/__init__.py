"""The REST API: one router in each file."""
