"""Owns who may do what: keys, issuers, grants and roles."""
