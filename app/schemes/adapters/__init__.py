"""Ways into schemes other than HTTP."""
