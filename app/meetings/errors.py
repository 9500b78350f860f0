"""What can go wrong with meetings."""

from app.core.errors import DomainError, NotFound


class MeetingNotFound(NotFound):
    code = "meetings.not_found"
    title = "There is no such meeting."


class MeetingNotHeld(DomainError):
    status = 409
    code = "meetings.not_held"
    title = "The meeting has not begun, so nobody has attended it."
    hint = "Send the list once the meeting has begun, or put its time right with PATCH."


class AttendanceInvalid(DomainError):
    status = 422
    code = "meetings.attendance_invalid"
    title = "The attendance list has lines that cannot be taken; none was."


class AttendanceConfirmed(DomainError):
    status = 409
    code = "meetings.attendance_confirmed"
    title = "A line of this list is confirmed evidence, and who lists it cannot confirm it."
    hint = "Leave those lines as `GET` shows them. A scheme manager who has no post at the practice corrects them."


class MeetingPlaceInvalid(DomainError):
    status = 422
    code = "meetings.place_invalid"
    title = "The meeting's level needs the place it is held for."
    constraints = ("ck_meeting_place",)


class MeetingSchemeUnknown(DomainError):
    status = 422
    code = "meetings.unknown_scheme"
    title = "The meeting names a scheme that does not exist."
    constraints = ("fk_meeting_scheme",)


class MeetingNoEvidence(DomainError):
    """Its attendance would never be counted; `errors` says why."""

    status = 422
    code = "meetings.no_evidence"
    title = "The scheme could not count who attends this meeting."


class MeetingHasAttendance(DomainError):
    status = 409
    code = "meetings.has_attendance"
    title = "People have attended, so the scheme, the measure and the times stay as they are."
    hint = "To change them, take everybody off with an empty attendance list first, which takes the evidence back too."
