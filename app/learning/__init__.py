"""CPD hours, owned by the person."""
