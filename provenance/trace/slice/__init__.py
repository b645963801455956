"""The exact slice: the entities and flows that information reached in the right order of time, and the paths through it."""
