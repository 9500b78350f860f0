"""Imports every file of handlers, so that the registry is complete."""
