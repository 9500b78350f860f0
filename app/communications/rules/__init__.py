"""Pure parts of communications."""
