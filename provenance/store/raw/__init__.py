"""Raw log lines in a store: their sources, their compression, and finding the lines of an event."""
