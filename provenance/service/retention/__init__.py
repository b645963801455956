"""What the service stores beside the graph, and when it goes."""
