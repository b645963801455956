"""Writers of a trace, one for each output format. All text in a trace is hostile and is made visible before output."""
