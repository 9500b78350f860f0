"""Pure rules of payments: references, differences, what leaves in a file. No session, no clock."""
