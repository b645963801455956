"""What leaves a store with age, and what stays because an alert or a pin needs it."""
