"""Providers of what `ports` asks for: mail over SMTP, or written as files."""
