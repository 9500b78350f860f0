"""Handlers of the meetings slice."""
