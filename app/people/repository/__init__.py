"""Every SELECT and lock of people."""

from app.people.repository.conditions import Reach
from app.people.repository.mailboxes import MailboxRepository
from app.people.repository.people import PersonRepository
from app.people.repository.posts import PostRepository
from app.people.repository.recipients import select_people, select_recipients
from app.people.repository.vacancies import list_vacancies

__all__ = [
    "MailboxRepository",
    "PersonRepository",
    "PostRepository",
    "Reach",
    "list_vacancies",
    "select_people",
    "select_recipients",
]
