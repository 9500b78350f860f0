"""Handlers of the access slice."""
