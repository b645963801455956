"""The bundled incident: a recorded log of an attack and the alert about it, for a first trace without other data."""
