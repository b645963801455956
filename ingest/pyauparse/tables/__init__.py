"""Names of numbers, as data; made by script/make_tables."""
