"""Use cases of meetings: plan one, record who came."""

from app.meetings.service.attendance import confirm_attendances, record_attendance
from app.meetings.service.persons import erase_person, export_person
from app.meetings.service.planning import change_meeting, plan_meeting
from app.meetings.service.showing import (
    get_attendance,
    get_meeting,
    list_attendances,
    list_forum_meetings,
    list_next_meetings,
    list_open_meetings,
    measures_of_meetings,
)
from app.meetings.service.sight import changes_seen, listed_practices, practice_of_list, sees_joining, sight_of

__all__ = [
    "change_meeting",
    "changes_seen",
    "confirm_attendances",
    "erase_person",
    "export_person",
    "get_attendance",
    "get_meeting",
    "list_attendances",
    "list_forum_meetings",
    "list_next_meetings",
    "list_open_meetings",
    "listed_practices",
    "measures_of_meetings",
    "plan_meeting",
    "practice_of_list",
    "record_attendance",
    "sees_joining",
    "sight_of",
]
