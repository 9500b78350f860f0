"""Handlers of the schemes slice."""
