"""Providers of what `ports` asks for: identity issuers over HTTPS."""
