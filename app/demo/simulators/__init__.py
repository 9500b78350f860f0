"""Providers that behave as they are told, by the address that a message goes to (docs/channels.md)."""

from app.demo.simulators.behaviour import Behaviour, of_address, of_number, of_path
from app.demo.simulators.providers import Providers, Taken

__all__ = ["Behaviour", "Providers", "Taken", "of_address", "of_number", "of_path"]
