"""Announcements, messages, deliveries, preferences, and how messages leave."""

from app.communications.tables.announcements import Announcement
from app.communications.tables.channels import MessageProvider, SendingAllowance, Suppression
from app.communications.tables.feeds import Feed
from app.communications.tables.messages import Delivery, DeliveryAttempt, Message
from app.communications.tables.preferences import MessagePreference
from app.communications.tables.templates import MessageTemplate

__all__ = [
    "Announcement",
    "Delivery",
    "DeliveryAttempt",
    "Feed",
    "Message",
    "MessagePreference",
    "MessageProvider",
    "MessageTemplate",
    "SendingAllowance",
    "Suppression",
]
