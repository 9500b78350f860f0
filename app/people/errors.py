"""What can go wrong with persons and posts."""

from app.core.errors import DomainError, NotFound


class PersonNotFound(NotFound):
    code = "people.person_not_found"
    title = "There is no such person."


class PostNotFound(NotFound):
    code = "people.post_not_found"
    title = "There is no such post."


class MailboxNotFound(NotFound):
    code = "people.mailbox_not_found"
    title = "This practice has no shared mailbox."


class EmailKnown(DomainError):
    code = "people.email_known"
    title = "Somebody with this e-mail address is already known."
    hint = "`GET /v1/people?q=…` finds them: use that person's id, or another address if it is another human."
    constraints = ("uq_person_email",)


class FormerAddress(DomainError):
    code = "people.former_address"
    title = "This address was that of somebody who is known by another one now; name that person by id."
    hint = "`GET /v1/people?q=…` finds them by their name: send that `person_id` in place of the address."
    constraints = ("pk_former_address",)


class OutsidePractice(DomainError):
    code = "people.outside_practice"
    title = "This address or id belongs to somebody outside your practice; ask the commissioner to add the post."
    hint = "Somebody with the role commissioner_admin adds the post; a practice adds people who are new or its own."


class LeadOverlap(DomainError):
    code = "people.lead_overlap"
    title = "The practice has a named lead at that time; a practice has one at a time."
    hint = (
        "End the present lead's post on the day on which the new one begins (PATCH `/v1/posts/{id}` with "
        "`until`), then send this again."
    )
    constraints = ("ex_post_named_lead",)


class PostOverlap(DomainError):
    code = "people.post_overlap"
    title = "This person already holds this post at that time."
    hint = "Nothing is left to do if the days are right; else change the post that is there."
    constraints = ("ex_post_same",)


class PersonErased(DomainError):
    code = "people.erased"
    title = "This person was erased at their own wish and cannot be changed."
    hint = "Nothing can be changed. If they are back, make them known anew with `POST /v1/people`."


class PostEnded(DomainError):
    code = "people.post_ended"
    title = "This post has ended."
    hint = "Add a new post with `POST /v1/posts`."


class MailboxClash(DomainError):
    code = "people.mailbox_clash"
    title = "The practice's mailbox was set by somebody else at the same time."
    hint = "Read the mailbox: if it is not as you want it, send yours again."
    constraints = ("uq_mailbox_practice",)
