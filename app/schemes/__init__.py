"""Versions of definitions, offers and sign-ups, facts and the live figure."""
