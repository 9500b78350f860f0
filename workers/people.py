"""Handlers of the people slice."""
