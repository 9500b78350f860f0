"""What can go wrong with credentials, roles and boundaries."""

from app.core.errors import DomainError, NotFound


class ApiKeyNotFound(NotFound):
    code = "access.key_not_found"
    title = "There is no such key."


class RoleGrantNotFound(NotFound):
    code = "access.grant_not_found"
    title = "There is no such grant."


class PersonRequired(DomainError):
    status = 422
    code = "access.person_required"
    title = "This role acts for somebody: name the person."


class BoundaryInvalid(DomainError):
    status = 422
    code = "access.boundary_invalid"
    title = "This boundary does not fit the role."


class OriginsRefused(DomainError):
    status = 422
    code = "access.origins_refused"
    title = "These origins cannot be given to this key."


class RoleUnknown(DomainError):
    status = 422
    code = "access.role_unknown"
    title = "There is no such role."


class AlreadyExpired(DomainError):
    status = 422
    code = "access.already_expired"
    title = "The end of validity has passed or comes before its beginning."


class CommissionerRequired(DomainError):
    status = 422
    code = "access.commissioner_required"
    title = "Name the commissioner for whom this is."


class ApiKeyRevoked(DomainError):
    status = 409
    code = "access.key_revoked"
    title = "The key was revoked; make a new one."
    hint = "Make a new one with `POST /v1/api-keys`."


class AlreadyGranted(DomainError):
    status = 409
    code = "access.already_granted"
    title = "The person has this role in this boundary already."
    hint = (
        "Nothing is left to do; `GET /v1/role-grants?person_id=…` shows the grant. End that one first to "
        "give it another time."
    )
    constraints = ("uq_role_grant_open",)


class ChooseCommissioner(DomainError):
    status = 403
    code = "access.choose_commissioner"
    title = "Say in the header Plenary-Commissioner for which of your commissioners you call."


class UnknownPerson(DomainError):
    status = 403
    code = "access.unknown_person"
    title = "The token is good, but nobody here who may sign in has its e-mail address."
