"""What can go wrong with payment runs and with decisions about them."""

from app.core.errors import DomainError, NotFound


class RunNotFound(NotFound):
    code = "payments.run_not_found"
    title = "There is no such payment run."


class StatementNotFound(NotFound):
    code = "payments.statement_not_found"
    title = "This run has no statement for that practice."


class ClaimsNotLookedBack(DomainError):
    status = 409
    code = "payments.claims_not_looked_back"
    title = "What was claimed at an earlier time cannot be put together again for a scheme that requires claims."
    hint = (
        "Read the statements that its runs have made, `GET /v1/practices/{code}/statements`: they stay as they were worked"
        " out."
    )


class AcknowledgementNotFound(NotFound):
    code = "payments.acknowledgement_not_found"
    title = "There is no such acknowledgement."


class RunOpen(DomainError):
    status = 409
    code = "payments.run_open"
    title = "This scheme has a run that is neither released nor rejected yet."
    hint = "Release or reject the run that is open, then ask for this one. `GET /v1/payment-runs` shows both."
    constraints = ("uq_payment_run_open",)


class OverlappingPeriod(DomainError):
    status = 409
    code = "payments.overlapping_period"
    title = "A run's period is that of an earlier run or overlaps none."
    hint = (
        "Ask for exactly the period of an earlier run, which corrects it, or for one that begins where the "
        "last one ended."
    )


class PeriodNotPayable(DomainError):
    """The definition in force cannot be worked out for such a period."""

    status = 422
    code = "payments.period_not_payable"
    title = "The scheme's definition cannot be paid for this period."


class NoBudget(DomainError):
    status = 409
    code = "payments.no_budget"
    title = "The scheme's budget comes to 0.00, and the scheme pays no more than its budget."
    hint = "Give it a budget with `PATCH /v1/incentive-schemes/{scheme_id}`; one per head needs lists of its practices."


class OverBudget(DomainError):
    status = 409
    code = "payments.over_budget"
    title = "More is due than the scheme's budget has left, and the scheme then pays nothing."
    hint = (
        "Raise the budget or choose another `over_budget` with `PATCH /v1/incentive-schemes/{scheme_id}`, then ask for"
        " the run again."
    )


class RunNotCalculated(DomainError):
    status = 409
    code = "payments.run_not_calculated"
    title = "Only a calculated run can be approved."
    hint = (
        "Read the run: while it is `calculating` wait, and once decided it stays so. A run for the same "
        "period corrects it."
    )


class RunNotApproved(DomainError):
    status = 409
    code = "payments.run_not_approved"
    title = "Only an approved run can be released."
    hint = "Somebody of the role payments_approver approves it first, who neither started it nor will release it."


class RunNotOpen(DomainError):
    status = 409
    code = "payments.run_not_open"
    title = "Only a calculated or an approved run can be rejected."
    hint = (
        "What was released is corrected by a run for the same period; what was rejected or failed needs nothing more."
    )


class RunNotReleased(DomainError):
    status = 409
    code = "payments.run_not_released"
    title = "Only a released run has a file and is acknowledged."
    hint = "Somebody of the role payments_releaser releases it first."


class SendingNotFound(NotFound):
    code = "payments.sending_not_found"
    title = "There is no such sending of this run's file."


class AlreadySent(DomainError):
    status = 409
    code = "payments.already_sent"
    title = "This run's file was sent before."
    hint = (
        "Ask whoever pays whether the first file arrived. To send it again nevertheless, say why as `override_reason`;"
        " the payments keep their references, so a ledger that has them refuses the second. A journal that is loaded twice"
        " is booked twice."
    )
    constraints = ("uq_payment_sending_first",)


class LayoutSamePerson(DomainError):
    status = 409
    code = "payments.layout_same_person"
    title = "Whoever changed a layout last does not send a file by it."
    hint = (
        "Look at the file with the person who changed the layout, and let another releaser send it; or let a scheme manager put"
        " the layout as it has to be."
    )


class SamePerson(DomainError):
    status = 409
    code = "payments.same_person"
    title = "Who starts a run, who approves it and who releases it are three different people."
    hint = (
        "Let another person do it, with a credential of their own: who it is counts, not which key or token they use."
    )
    constraints = ("ck_payment_run_people", "ck_payment_run_approvers")


class ArrangementNotFound(NotFound):
    code = "payments.arrangement_not_found"
    title = "There is no such arrangement in this scheme."


class NothingOwed(DomainError):
    status = 409
    code = "payments.nothing_owed"
    title = "This payee owes nothing in this scheme."
    hint = "`GET /v1/incentive-schemes/{scheme_id}/balances` lists who owes what."


class NotWaivable(DomainError):
    """Underpayments cannot come here at all: a later run pays them."""

    status = 409
    code = "payments.not_waivable"
    title = "What this payee owes is not less than the scheme lets be waived."
    hint = (
        "Agree to take it back in parts instead, or have the scheme's `waive_below` raised with"
        " `PATCH /v1/incentive-schemes/{scheme_id}`."
    )


class ArrangementAgreed(DomainError):
    status = 409
    code = "payments.arrangement_agreed"
    title = "This arrangement is agreed already."
    hint = "What is agreed stays. To take back more or less with each run, propose another; the newest that is agreed holds."


class ArrangementSamePerson(DomainError):
    status = 409
    code = "payments.arrangement_same_person"
    title = "Whoever proposes an arrangement about money that is owed does not agree to it."
    hint = "Let another person do it, with a credential of their own."
    constraints = ("ck_payment_arrangement_people",)


class SettledMeanwhile(DomainError):
    status = 409
    code = "payments.settled_meanwhile"
    title = "Somebody else has just settled this for the first time."
    hint = "Read `GET /v1/payment-settings` again, and send yours with its ETag if it still is to be so."
    constraints = ("pk_payment_settings",)


class OwnPractice(DomainError):
    status = 409
    code = "payments.own_practice"
    title = "Nobody decides about money for a practice in which they hold a post."
    hint = "Let somebody decide who holds no post at any practice that is paid."


class PaidOnImpossible(DomainError):
    """Nothing was recorded; `errors` names each answer."""

    status = 422
    code = "payments.paid_on_impossible"
    title = "A day of payment lies before the run's release, or more than 31 days ahead."


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


class SupplierNotFound(NotFound):
    code = "payments.supplier_not_found"
    title = "There is no such supplier."


class SupplierNotProposed(DomainError):
    status = 409
    code = "payments.supplier_not_proposed"
    title = "Only a proposal can be confirmed."
    hint = "`GET /v1/suppliers` shows what is proposed and what is in force; `POST /v1/suppliers` proposes anew."


class SupplierProposedMeanwhile(DomainError):
    status = 409
    code = "payments.supplier_proposed_meanwhile"
    title = "Somebody else has just proposed a supplier for this payee."
    hint = "Read with `GET /v1/suppliers` what was proposed, and propose again if it is to be another."
    constraints = ("uq_supplier_proposed",)


class SupplierSamePerson(DomainError):
    status = 409
    code = "payments.supplier_same_person"
    title = "Who proposes a supplier and who confirms it are two different people."
    hint = "Let another person confirm it, with a credential of their own: who it is counts, not which key or token."
    constraints = ("ck_supplier_people",)


class FormNotServed(DomainError):
    status = 406
    code = "payments.form_not_served"
    title = "This service makes no PDF."
    hint = "Ask for `text/html`, which a browser prints; whoever runs the service can install the extra `pdf`."


class LineNotFound(NotFound):
    code = "payments.line_not_found"
    title = "There is no such line, or it is not one of yours."


class QueryNotFound(NotFound):
    code = "payments.query_not_found"
    title = "There is no such query, or it is not yours to see."


class QueryOpen(DomainError):
    status = 409
    code = "payments.query_open"
    title = "The practice has an open query about this line already."
    hint = "Add to the one that is open: POST `/v1/payment-queries/{query_id}/messages`."
    constraints = ("uq_payment_query_open",)


class QueryClosed(DomainError):
    status = 409
    code = "payments.query_closed"
    title = "The query is not open any more."
    hint = (
        "Read it: while it is `approving` somebody else decides on the correction; once it is `answered`, open a new "
        "query about the line."
    )


class QueryFull(DomainError):
    status = 409
    code = "payments.query_full"
    title = "The query has as many messages as one may have."
    hint = "Answer the query, or withdraw it and open another with what is still in question."


class NotOfTheOffice(DomainError):
    status = 422
    code = "payments.not_of_the_office"
    title = "A query is looked after by somebody who may answer it."
    hint = "Name a person who holds the role scheme_manager, or null to leave it to all of them."


class CorrectionNotProposed(DomainError):
    status = 409
    code = "payments.correction_not_proposed"
    title = "The query has no correction that waits to be decided."
    hint = "Read the query: it says whether a correction was proposed and what became of it."


class HeldBackLine(DomainError):
    status = 409
    code = "payments.held_back_line"
    title = "What a budget holds back is not corrected by an amount: it is due, and is paid once the budget allows it."
    hint = "Raise the scheme's budget, or correct the line of what was earned; then answer without an amount."


class UnknownPayee(DomainError):
    status = 409
    code = "payments.unknown_payee"
    title = "Neither the register nor a confirmed supplier has the organisation that the line pays, so no amount can be paid to it."
    hint = "Have its supplier named by two people: the next run pays the line. What is wrong then is corrected then."


class NothingToCorrect(DomainError):
    status = 409
    code = "payments.nothing_to_correct"
    title = "The query has no approved correction, or another one is proposed already."
    hint = "Read the query: what is proposed is approved or refused first; where no amount was approved, the practice asks anew."
    constraints = ("uq_payment_correction_query",)


class CorrectionSamePerson(DomainError):
    status = 409
    code = "payments.correction_same_person"
    title = "Whoever proposes a correction does not decide on it."
    hint = "Let another person decide who holds the role payments_approver."
    constraints = ("ck_payment_correction_people",)


class QueryOfOwnPractice(DomainError):
    status = 409
    code = "payments.query_of_own_practice"
    title = "Nobody decides on a query about a practice in which they hold a post."
    hint = "Let somebody decide who holds no post at the practice that asks or at one that the line pays."


class SupplierMissing(DomainError):
    """A file that names suppliers is made whole or not at all; the detail names every payee that has none."""

    status = 409
    code = "payments.supplier_missing"
    title = "This file names suppliers, and not every payee has one."
    hint = "Propose each with `POST /v1/suppliers`, let another person confirm it, and ask for the file again."


class BookingIncomplete(DomainError):
    status = 409
    code = "payments.booking_incomplete"
    title = "The layout's account names something that the booking of a payment does not say."
    hint = (
        "Say it in the scheme or in its definition before the next run; for this one write what is missing into the layout's "
        "`distribution` as fixed text: `PUT /v1/file-layouts/{name}`."
    )


class SentFileLost(DomainError):
    status = 409
    code = "payments.sent_file_lost"
    title = "The file cannot be made again as it was sent."
    hint = (
        "Something that it was made of was not kept then, or has changed since. Whoever pays has it; its digest is with the"
        " sending."
    )


class LayoutNotFound(NotFound):
    code = "payments.layout_not_found"
    title = "There is no such file layout."


class LayoutNotFitting(DomainError):
    status = 422
    code = "payments.layout_not_fitting"
    title = "The layout is for files of another format."
    hint = "Ask for the format that the layout is of, as `format` beside `layout`; only `csv` and `oracle-ap` have layouts."


class LayoutMadeMeanwhile(DomainError):
    status = 409
    code = "payments.layout_made_meanwhile"
    title = "Somebody else has just made a layout of this name."
    hint = "Read it with `GET /v1/file-layouts/{name}`, and change it with its ETag."
    constraints = ("pk_file_layout",)
