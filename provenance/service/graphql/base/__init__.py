"""What every part of the schema is made of: scalars, nodes, pages, errors, the work of one operation."""
