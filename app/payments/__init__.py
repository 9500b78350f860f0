"""Payments owns runs, statements, payments, decisions about them, files for the ledger and what the ledger answers."""
