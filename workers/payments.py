"""Handlers of the payments slice."""
