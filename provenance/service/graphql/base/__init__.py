"""The base of the schema: scalars, nodes, pages, errors, and the work of one operation."""
