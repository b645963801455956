"""What is known of one host while its log is read: plain state and its blind intervals, no rules."""
