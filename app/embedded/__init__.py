"""Our own small supervisor: a real PostgreSQL and a real Valkey from wheels, and the processes that use them."""
