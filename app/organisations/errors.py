"""What can go wrong with organisations, their register and its imports."""

from app.core.errors import DomainError, NotFound


class FileRefused(DomainError):
    """A whole file that cannot be imported. Refused before its first row has any effect."""

    status = 422
    code = "imports.refused"
    title = "This file cannot be imported."


class UnknownKind(FileRefused):
    code = "imports.unknown_kind"
    title = "There is no import of this kind."


class OptionInvalid(FileRefused):
    code = "imports.bad_option"
    title = "An option of this import is missing or not valid."


class WrongKind(FileRefused):
    code = "imports.wrong_kind"
    title = "This is not a file of the kind that was named."


class WrongEncoding(FileRefused):
    code = "imports.wrong_encoding"
    title = "This file is not text in UTF-8 or Windows-1252."


class MissingColumns(FileRefused):
    code = "imports.missing_columns"
    title = "Columns that this import needs are missing."


class UnknownColumns(FileRefused):
    code = "imports.unknown_columns"
    title = "The file has columns that this import does not know."


class EmptyFile(FileRefused):
    code = "imports.empty"
    title = "This file has no rows."


class FileTooLarge(FileRefused):
    code = "imports.too_large"
    title = "This file is larger than any that is published."


class BadZip(FileRefused):
    code = "imports.bad_zip"
    title = "This ZIP archive cannot be used."


class TruncatedZip(FileRefused):
    code = "imports.truncated_zip"
    title = "This ZIP archive was cut off; download it again."


class BrokenQuotes(FileRefused):
    code = "imports.broken_quotes"
    title = "A quotation mark is opened and not closed, so that rows run into each other."


class NotAPlace(FileRefused):
    code = "imports.not_a_place"
    title = "Only a place lists its members itself; the register knows those of every other kind."


class TooManyErrors(FileRefused):
    code = "imports.too_many_errors"
    title = "So many rows cannot be read that this is most likely the wrong file."


class CommissionerNotFound(NotFound):
    code = "organisations.commissioner_not_found"
    title = "There is no such commissioner."


class CommissionerExists(DomainError):
    status = 409
    code = "organisations.commissioner_exists"
    title = "There is a commissioner with this code already."
    hint = "`GET /v1/commissioners` shows it; use that one."
    constraints = ("uq_commissioner_code",)


class PracticeNotFound(NotFound):
    code = "organisations.practice_not_found"
    title = "There is no such practice among this commissioner's members, past or present."


class LocalityNotFound(NotFound):
    code = "organisations.locality_not_found"
    title = "There is no such locality."


class LocalityExists(DomainError):
    status = 409
    code = "organisations.locality_exists"
    title = "There is a locality with this code already."
    hint = "`GET /v1/localities` shows it; use that one, or choose another code."
    constraints = ("uq_locality_code",)


class OverlappingMembership(DomainError):
    status = 409
    code = "organisations.overlapping_membership"
    title = "The practice is a member elsewhere for part of this period."
    hint = "End the membership that is in the way on the day on which this one begins, or choose other days."
    constraints = ("ex_locality_membership_overlap", "ex_place_membership_overlap")


class PlacementNotFound(NotFound):
    code = "organisations.placement_not_found"
    title = "The practice is not and never was in this locality."


class ImportNotFound(NotFound):
    code = "imports.not_found"
    title = "There is no such import."


class NetworkNotFound(NotFound):
    code = "organisations.network_not_found"
    title = "The register has no such network."


class PracticeAlreadyClosed(DomainError):
    code = "organisations.practice_closed"
    title = "The practice is closed by then."
    hint = "Choose an earlier day, or read the practice: it says when it closed and which one followed it."


class TakesOverLater(DomainError):
    code = "organisations.takes_over_later"
    title = "The practice takes another one over after that."
    hint = "Record first into which practice that one merges instead, on the same day as before; or choose a later day."


class NotAMember(DomainError):
    code = "organisations.not_a_member"
    title = "The practice is no member on that day, or becomes one only then."
    hint = "Choose a day on which the practice is a member; the practice itself says from when until when."


class PracticeChangeNotFound(NotFound):
    code = "organisations.practice_change_not_found"
    title = "There is no such change of practices."


class PracticeChangeApplied(DomainError):
    code = "organisations.practice_change_applied"
    title = "The change holds already; record another one to put things right."
    hint = "Record another change with `POST /v1/practice-changes` that puts things right from a later day."


class ImportFailed(DomainError):
    status = 500
    code = "imports.failed"
    title = "The import could not be carried out."
    hint = "Nothing of the file was applied. The job is parked with the reason, and can be run again from there."
