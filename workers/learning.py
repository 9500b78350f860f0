"""Handlers of the learning slice."""
