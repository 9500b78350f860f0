"""Announcements, messages, deliveries and preferences."""

from app.communications.tables.announcements import Announcement
from app.communications.tables.messages import Delivery, Message
from app.communications.tables.preferences import MessagePreference

__all__ = ["Announcement", "Delivery", "Message", "MessagePreference"]
