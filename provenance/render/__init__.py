"""A trace in every format that the command line and reports offer. All text in it is hostile; see `visible`."""
