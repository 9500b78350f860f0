"""Runs, statements, approvals and files."""
