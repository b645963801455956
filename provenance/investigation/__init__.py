"""The investigation of an alert: its candidates in the graph, its anchor, its traces and its verdict."""
