"""Announcements, messages, deliveries, preferences, links in mails, and how messages leave."""

from app.communications.tables.announcements import Announcement
from app.communications.tables.channels import MessageProvider, SendingAllowance, Suppression
from app.communications.tables.feeds import Feed
from app.communications.tables.links import ActionLinkUse
from app.communications.tables.messages import Delivery, DeliveryAttempt, Message
from app.communications.tables.must_read import Acknowledgement, AlsoAsked, AnnouncementEdition
from app.communications.tables.newsletters import Newsletter, NewsletterEdition
from app.communications.tables.preferences import MailboxPreference, MessagePreference, MobileCode
from app.communications.tables.push import PushSubscription
from app.communications.tables.teams import TeamsChannel
from app.communications.tables.templates import MessageTemplate
from app.communications.tables.webhooks import WebhookAttempt, WebhookDelivery, WebhookEndpoint

__all__ = [
    "Acknowledgement",
    "ActionLinkUse",
    "AlsoAsked",
    "Announcement",
    "AnnouncementEdition",
    "Delivery",
    "DeliveryAttempt",
    "Feed",
    "MailboxPreference",
    "Message",
    "MessagePreference",
    "MessageProvider",
    "MessageTemplate",
    "MobileCode",
    "Newsletter",
    "NewsletterEdition",
    "PushSubscription",
    "SendingAllowance",
    "Suppression",
    "TeamsChannel",
    "WebhookAttempt",
    "WebhookDelivery",
    "WebhookEndpoint",
]
