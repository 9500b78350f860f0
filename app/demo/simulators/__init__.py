"""Providers that behave as they are told, by the address that a message goes to (docs/channels.md)."""

from app.demo.simulators.providers import Providers, Taken

__all__ = ["Providers", "Taken"]
