"""The graph in the schema: entities, flows, events, hosts, search."""
