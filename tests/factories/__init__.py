"""Makers of rows and of the running application, shared by all tests."""
