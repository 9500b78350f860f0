"""What can go wrong with forums and issues."""

from app.core.errors import DomainError, NotFound


class ForumNotFound(NotFound):
    code = "forums.not_found"
    title = "There is no such forum."


class ForumExists(DomainError):
    status = 409
    code = "forums.exists"
    title = "There is a forum of this name there already."
    hint = "Use the one that is there, or choose another name."
    constraints = ("uq_patient_forum_name",)


class ForumClosed(DomainError):
    status = 409
    code = "forums.closed"
    title = "The forum has closed."
    hint = "What the forum said and heard stays to be read. Open another with `POST /v1/patient-forums`."


class MemberNotFound(NotFound):
    code = "forums.member_not_found"
    title = "There is no such member of this forum."


class MemberExists(DomainError):
    status = 409
    code = "forums.member_exists"
    title = "Somebody with this address is a member of the forum already."
    hint = "`GET /v1/patient-forums/{id}/members` shows who is in. Leave the address out if it is another human."
    constraints = ("uq_forum_member_email",)


class ConsentInvalid(DomainError):
    status = 422
    code = "forums.consent_invalid"
    title = "Consent is given before somebody joins, and not in the future."


class IssueNotFound(NotFound):
    code = "forums.issue_not_found"
    title = "There is no such issue."


class TooManyIssues(DomainError):
    status = 429
    code = "forums.too_many_issues"
    title = "So many issues were raised today that the next one waits until tomorrow."
    hint = "`Retry-After` and the detail say when. What belongs together is one issue, and others are supported."


class IssueMergedAway(DomainError):
    status = 409
    code = "forums.issue_merged"
    title = "The issue was merged into another; go on there."
    hint = "The issue's `merged_into` is the id to go on with."


class MergeInvalid(DomainError):
    status = 409
    code = "forums.merge_invalid"
    title = "An issue is merged into another one that is not merged itself."
    hint = "Name another issue, one whose own `merged_into` is null."


class TopOfLadder(DomainError):
    status = 409
    code = "forums.top_of_ladder"
    title = "The issue lies with the commissioner already; there is nobody above."
    hint = "The commissioner answers it with `POST /v1/issues/{id}/responses`."


class BottomOfLadder(DomainError):
    status = 409
    code = "forums.bottom_of_ladder"
    title = "The issue lies where it was raised; it cannot be returned further."
    hint = "Answer it where it lies, with `POST /v1/issues/{id}/responses`."


class NotAsked(DomainError):
    status = 409
    code = "forums.not_asked"
    title = "The issue does not ask this practice or locality."
    hint = "`practices` of the issue names who is asked; null asks all where it lies. Answer for one of those."


class ResponseNotFound(NotFound):
    code = "forums.response_not_found"
    title = "There is no such response to this issue."
