"""What the programs of a slice did: their acts, and which of these are lasting changes, secrets, routine or jobs."""
