"""Records that are not system calls: logins, services, accounts, denials, and what the daemon says of itself."""
