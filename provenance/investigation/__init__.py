"""From an alert to its finished backtrack: candidates, anchor, traces, verdict."""
