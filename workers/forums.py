"""Handlers of the forums slice."""
