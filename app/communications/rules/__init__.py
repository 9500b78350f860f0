"""What notices say, how they are laid out, who may send where, and what becomes of a delivery."""
