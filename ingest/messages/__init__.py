"""Handlers of records other than system calls: logins, services, accounts, denials, messages of the audit daemon."""
