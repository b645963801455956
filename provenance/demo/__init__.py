"""The bundled incident: a recorded log and the alert it ends in, so that a first trace needs nothing else."""
