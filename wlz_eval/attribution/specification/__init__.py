"""Other reasonable analyses of the same question, run and drawn side by side."""
