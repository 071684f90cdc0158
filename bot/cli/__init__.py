"""The terminal: parse, call one core function, render."""
