"""The design on its own children, with an effect that is known because it was added."""
