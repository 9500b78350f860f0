"""Use cases of forums: who is in them, issues on the ladder, and practices' answers."""

from app.forums.service.answers import respond
from app.forums.service.asking import (
    get_issue,
    issue_in_words,
    list_asked,
    list_followers,
    list_open_issues,
)
from app.forums.service.forums import change_forum, create_forum, list_practices_of, plan_forum_meeting, represent
from app.forums.service.issues import escalate_issue, merge_issue, raise_issue, return_issue, support_issue
from app.forums.service.looking import answers_seen, picture_of, sight_of
from app.forums.service.members import add_member, change_member, erase_person, export_person, remove_member
from app.forums.service.reach import require_members_seen
from app.forums.service.saying import list_said_and_done

__all__ = [
    "add_member",
    "answers_seen",
    "change_forum",
    "change_member",
    "create_forum",
    "erase_person",
    "escalate_issue",
    "export_person",
    "get_issue",
    "issue_in_words",
    "list_asked",
    "list_followers",
    "list_open_issues",
    "list_practices_of",
    "list_said_and_done",
    "merge_issue",
    "picture_of",
    "plan_forum_meeting",
    "raise_issue",
    "remove_member",
    "represent",
    "require_members_seen",
    "respond",
    "return_issue",
    "sight_of",
    "support_issue",
]
