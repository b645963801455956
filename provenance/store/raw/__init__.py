"""Raw log lines in a store: where they came from, how they are compressed and found again."""
