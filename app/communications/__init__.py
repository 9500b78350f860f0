"""Announcements, deliveries, the inbox and what a practice has to do today."""
