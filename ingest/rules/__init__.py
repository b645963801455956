"""What records mean: the rules that move the state of a host."""
