"""Pure rules of schemes: no session, no clock."""
