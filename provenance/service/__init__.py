"""The service: alerts come in, and are traced back before anybody opens the page."""
