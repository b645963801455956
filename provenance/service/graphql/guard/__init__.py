"""The guard of operations: their cost, limits and audit trail."""
