"""Intake: from log files to a committed graph. Reads sources, derives facts of hosts, writes batches, joins connections."""
