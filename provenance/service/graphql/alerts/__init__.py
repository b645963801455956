"""The alerts and incidents of the schema."""
