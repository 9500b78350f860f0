"""Bad weather on purpose: the service as `plenary up` runs it, broken again and again while it works, then counted."""
