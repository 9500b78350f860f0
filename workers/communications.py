"""Handlers of the communications slice."""
