"""Who may use the service: tokens, identity providers, rates."""
