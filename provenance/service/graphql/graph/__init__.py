"""The graph of the schema: entities, flows, events, hosts and search."""
