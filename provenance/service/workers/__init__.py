"""The workers: threads and processes that work on the queues of alerts and started traces."""
