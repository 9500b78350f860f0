"""What can go wrong with payment runs and with decisions about them."""

from app.core.errors import DomainError, NotFound


class RunNotFound(NotFound):
    code = "payments.run_not_found"
    title = "There is no such payment run."


class StatementNotFound(NotFound):
    code = "payments.statement_not_found"
    title = "This run has no statement for that practice."


class AcknowledgementNotFound(NotFound):
    code = "payments.acknowledgement_not_found"
    title = "There is no such acknowledgement."


class RunOpen(DomainError):
    status = 409
    code = "payments.run_open"
    title = "This scheme has a run that is neither released nor rejected yet."
    constraints = ("uq_payment_run_open",)


class OverlappingPeriod(DomainError):
    status = 409
    code = "payments.overlapping_period"
    title = "A run's period is that of an earlier run or overlaps none."


class PeriodNotPayable(DomainError):
    """The definition in force cannot be worked out for such a period."""

    status = 422
    code = "payments.period_not_payable"
    title = "The scheme's definition cannot be paid for this period."


class RunNotCalculated(DomainError):
    status = 409
    code = "payments.run_not_calculated"
    title = "Only a calculated run can be approved."


class RunNotApproved(DomainError):
    status = 409
    code = "payments.run_not_approved"
    title = "Only an approved run can be released."


class RunNotOpen(DomainError):
    status = 409
    code = "payments.run_not_open"
    title = "Only a calculated or an approved run can be rejected."


class RunNotReleased(DomainError):
    status = 409
    code = "payments.run_not_released"
    title = "Only a released run has a file and is acknowledged."


class SamePerson(DomainError):
    status = 409
    code = "payments.same_person"
    title = "Who starts a run, who approves it and who releases it are three different people."
    constraints = ("ck_payment_run_people",)


class OwnPractice(DomainError):
    status = 409
    code = "payments.own_practice"
    title = "Nobody decides about a run that pays a practice in which they hold a post."


class UnknownPayment(DomainError):
    status = 422
    code = "payments.unknown_payment"
    title = "A reference is not that of a payment in this run's file."


class RunNotWorkedOut(DomainError):
    status = 500
    code = "payments.run_failed"
    title = "The run could not be worked out."
    hint = (
        "The scheme is free for another run. The job is parked with the reason: whoever runs the service looks there."
    )
