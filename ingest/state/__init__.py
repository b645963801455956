"""The state of one host while its log is read: plain data, no rules."""
