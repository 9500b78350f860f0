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
    constraints = ("uq_person_email",)


class FormerAddress(DomainError):
    code = "people.former_address"
    title = "This address was that of somebody who is known by another one now; name that person by id."
    constraints = ("pk_former_address",)


class OutsidePractice(DomainError):
    code = "people.outside_practice"
    title = "This address or id belongs to somebody outside your practice; ask the commissioner to add the post."


class LeadOverlap(DomainError):
    code = "people.lead_overlap"
    title = "The practice has a named lead at that time; a practice has one at a time."
    constraints = ("ex_post_named_lead",)


class PostOverlap(DomainError):
    code = "people.post_overlap"
    title = "This person already holds this post at that time."
    constraints = ("ex_post_same",)


class PersonErased(DomainError):
    code = "people.erased"
    title = "This person was erased at their own wish and cannot be changed."


class PostEnded(DomainError):
    code = "people.post_ended"
    title = "This post has ended."


class MailboxClash(DomainError):
    code = "people.mailbox_clash"
    title = "The practice's mailbox was set by somebody else at the same time."
    constraints = ("uq_mailbox_practice",)
