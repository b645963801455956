"""The traces of the schema."""
