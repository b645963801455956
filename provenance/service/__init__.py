"""The service: receives alerts and traces each back automatically, before an analyst opens it."""
