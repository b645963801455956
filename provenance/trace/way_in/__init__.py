"""The way in: candidates for who entered, their ranking, the path from there to the alert, and what other clients caused."""
