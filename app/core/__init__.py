"""What every slice stands on and none of it knows the NHS."""
