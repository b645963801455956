"""Authentication: tokens, identity providers and rate limits."""
