"""Handlers of the organisations slice."""
