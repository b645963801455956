"""Reading log files into batches of facts: everything that a reading process needs; it loads no store."""
