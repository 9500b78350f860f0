"""The worker processes: jobs are rows in PostgreSQL; arq and Redis only wake us sooner."""
