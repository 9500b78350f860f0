"""Use cases of people: persons and their posts, mailboxes, leads, and what other slices ask about them."""

from app.people.rules import name_key
from app.people.service.appliers import APPLIERS
from app.people.service.creation import create_person, find_or_create_person
from app.people.service.leads import publish_leads, refresh_leads
from app.people.service.lookups import (
    find_members_by_name,
    find_person_by_email,
    get_people,
    get_person,
    holds_post,
    listed_lead,
    mailbox_of,
    name_and_practices,
    places_of,
    posts_held,
    practices_of,
    select_people,
    select_recipients,
)
from app.people.service.mailboxes import record_bounces, set_mailboxes
from app.people.service.persons import ERASED_NAME, change_listing, change_person, erase_person, export_person
from app.people.service.posts import (
    add_post,
    change_post,
    confirm_post,
    effects_of_practice_change,
    end_post,
    end_posts_of_closed_practices,
    require_own_person,
)
from app.people.service.rights import copy_of_person, forget_person

__all__ = [
    "APPLIERS",
    "ERASED_NAME",
    "add_post",
    "change_listing",
    "change_person",
    "change_post",
    "confirm_post",
    "copy_of_person",
    "create_person",
    "effects_of_practice_change",
    "end_post",
    "end_posts_of_closed_practices",
    "erase_person",
    "export_person",
    "find_members_by_name",
    "find_or_create_person",
    "find_person_by_email",
    "forget_person",
    "get_people",
    "get_person",
    "holds_post",
    "listed_lead",
    "mailbox_of",
    "name_and_practices",
    "name_key",
    "places_of",
    "posts_held",
    "practices_of",
    "publish_leads",
    "record_bounces",
    "refresh_leads",
    "require_own_person",
    "select_people",
    "select_recipients",
    "set_mailboxes",
]
