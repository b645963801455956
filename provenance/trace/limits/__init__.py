"""What the log could not show: gaps, calls that no rule recorded, guesses, and files that nothing wrote."""
