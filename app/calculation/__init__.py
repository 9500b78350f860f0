"""Calculation owns the definition language, its checker and the engine: pure functions, no tables, no router, no clock."""
