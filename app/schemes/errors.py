"""What can go wrong in schemes."""

from app.core.errors import DomainError, InvalidRequest, NotFound


class SchemeNotFound(NotFound):
    code = "schemes.not_found"
    title = "There is no such scheme."


class VersionNotFound(NotFound):
    code = "schemes.version_not_found"
    title = "The scheme has no such version."


class SimulationNotFound(NotFound):
    code = "schemes.simulation_not_found"
    title = "The version has no such simulation, or it is not worked out yet."


class CommentNotFound(NotFound):
    code = "schemes.comment_not_found"
    title = "There is no such comment on the version."


class ConsultationRunning(DomainError):
    status = 409
    code = "schemes.consultation_running"
    title = "The version is under consultation."
    hint = (
        "It neither changes nor is published while others are asked about it: wait until the day the consultation ends, or"
        " end it earlier with `POST /v1/incentive-schemes/{id}/versions/{n}/consult`, of which they are told."
    )


class ConsultationClosed(DomainError):
    status = 409
    code = "schemes.consultation_closed"
    title = "The consultation on the version is over."
    hint = "What was said stays with the version. Ask the scheme's manager whether it is opened again."


class CommentAnswered(DomainError):
    status = 409
    code = "schemes.comment_answered"
    title = "The comment has been answered already."
    hint = "An answer stays as it was given."


class ConsultationTooShort(InvalidRequest):
    code = "schemes.consultation_too_short"
    title = "The consultation would be over before anybody could answer."


class TemplateNotFound(NotFound):
    code = "schemes.template_not_found"
    title = "There is no such template."


class OfferNotFound(NotFound):
    code = "schemes.offer_not_found"
    title = "There is no such offer."


class FactNotFound(NotFound):
    code = "schemes.fact_not_found"
    title = "There is no such fact."


class SchemeCodeTaken(DomainError):
    status = 409
    code = "schemes.code_taken"
    title = "Another scheme of that financial year has this code."
    hint = (
        "Choose another code, or go on with the scheme that has it; the same code in another year is the "
        "scheme's next year."
    )
    constraints = ("uq_scheme_code",)


class BudgetMissing(InvalidRequest):
    code = "schemes.budget_missing"
    title = "What happens over the budget needs a budget of more than 0.00."


class SchemeClosed(DomainError):
    status = 409
    code = "schemes.closed"
    title = "The scheme is closed."
    hint = (
        "It takes no more offers, agreements and versions; evidence, claims and payments for its time go on. Make a scheme for"
        " the next financial year with `POST /v1/incentive-schemes`."
    )


class SchemeNotPublished(DomainError):
    status = 409
    code = "schemes.not_published"
    title = "The scheme has no published version yet."
    hint = (
        "Publish a version first: `POST /v1/incentive-schemes/{id}/versions/{n}/publish`, or wait until its "
        "manager does."
    )


class VersionNotDraft(DomainError):
    status = 409
    code = "schemes.version_not_draft"
    title = "A published version never changes; make a new one."
    hint = "Write what is to change as a new version: `POST /v1/incentive-schemes/{id}/versions`."


class VersionNotPayable(DomainError):
    """It parses, and could still not be paid in the period it applies to; `errors` says why."""

    status = 422
    code = "schemes.version_not_payable"
    title = "The definition could not be paid as it stands."


class NoVersion(DomainError):
    status = 409
    code = "schemes.no_version"
    title = "No published version of the scheme covers that period."
    hint = (
        "`GET /v1/incentive-schemes/{id}/versions` says when each version applies: choose a period inside, "
        "or publish one for it."
    )


class RespondByPast(InvalidRequest):
    code = "schemes.respond_by_past"
    title = "The day to respond by is over."


class OfferAnswered(DomainError):
    status = 409
    code = "schemes.offer_answered"
    title = "The offer has been answered already."
    hint = "The offer shows the answer. To change it, ask the commissioner for a new offer."


class OfferLapsed(DomainError):
    status = 409
    code = "schemes.offer_lapsed"
    title = "The day to respond by has passed; ask the commissioner for a new offer."
    hint = "Somebody with the role scheme_manager makes a new one: `POST /v1/incentive-schemes/{id}/offers`."


class WordsChanged(DomainError):
    status = 409
    code = "schemes.words_changed"
    title = "The agreement's words have changed since they were offered or read."
    hint = "Read the offer again, decide anew, and send the `words_digest` that it has now."


class SignUpsRefused(DomainError):
    """Nothing was recorded; `errors` names each row that cannot be."""

    status = 422
    code = "schemes.sign_ups_refused"
    title = "Some of these agreements cannot be recorded, so none was."


class FactsRefused(DomainError):
    """Nothing was recorded; `errors` names each row that cannot be."""

    status = 422
    code = "schemes.facts_refused"
    title = "Some of these facts cannot be recorded, so none was."


class SessionRequestNotFound(NotFound):
    code = "schemes.session_request_not_found"
    title = "The practice was not asked about this month."


class FactChanged(DomainError):
    status = 409
    code = "schemes.fact_changed"
    title = "Some of these facts no longer say what they said, so none was confirmed."
    hint = "`GET /v1/incentive-schemes/{id}/facts` has what they say now: read it, and confirm the ids that it gives."


class OwnPractice(DomainError):
    status = 409
    code = "schemes.own_practice"
    title = "Nobody decides about a practice in which they hold a post."
    hint = "Let somebody do it who holds no post at that practice."


class CalculationTooLarge(DomainError):
    status = 422
    code = "schemes.calculation_too_large"
    title = "This is more than the calculator works out at once; ask for fewer practices or facts."


class ParticipationClash(DomainError):
    status = 409
    code = "schemes.participation_clash"
    title = "Another request changed the same practice's place in the scheme; send this one again."
    hint = "Send the same request again."
    constraints = ("uq_participation",)


class FactClash(DomainError):
    status = 409
    code = "schemes.fact_clash"
    title = "Another request recorded the same facts; send this one again."
    hint = "Send the same request again: what is recorded already changes nothing."
    constraints = ("uq_scheme_fact_current",)


class VersionClash(DomainError):
    status = 409
    code = "schemes.version_clash"
    title = "Another request added a version at the same moment; send this one again."
    hint = "Send the same request again."
    constraints = ("uq_scheme_version",)


class TooManySimulations(DomainError):
    status = 409
    code = "schemes.too_many_simulations"
    title = "As many simulations of this scheme are being worked out as may be at once."
    hint = "Each takes its turn before the runs that wait behind it. Ask again when one of them is done."


class SimulationFailed(DomainError):
    status = 500
    code = "schemes.simulation_failed"
    title = "The simulation could not be worked out."
    hint = "Ask for it once more. The job is parked with the reason: whoever runs the service looks there."


class ClaimNotFound(NotFound):
    code = "schemes.claim_not_found"
    title = "There is no such claim."


class ClaimsNotRequired(DomainError):
    status = 409
    code = "schemes.claims_not_required"
    title = "Nothing has to be claimed for this scheme in that period."
    hint = "A run pays from lists, posts and confirmed facts by itself. `GET /v1/incentive-schemes/{id}/entitlement` has the figure."


class NotSignedUp(DomainError):
    status = 409
    code = "schemes.not_signed_up"
    title = "The practice has no agreement for this scheme in that period."
    hint = "Accept the scheme's offer first, or ask the commissioner to make one."


class AlreadyClaimed(DomainError):
    status = 409
    code = "schemes.already_claimed"
    title = "There is a claim of the practice for that time already."
    hint = "`GET /v1/claims?scheme=…&practice=…` finds it: declare that one, or withdraw it first."
    constraints = ("ex_claim_overlap",)


class WindowNotOpen(DomainError):
    status = 409
    code = "schemes.window_not_open"
    title = "The period is not over yet, so that it cannot be claimed."
    hint = (
        "`GET /v1/incentive-schemes/{id}/entitlement` says from which day on (`opens_on`), and has the figure so far."
    )


class WindowMissed(DomainError):
    status = 409
    code = "schemes.window_missed"
    title = "The time to claim for that period is over."
    hint = "Ask the commissioner: a scheme manager may give the scheme more days (`PUT /v1/incentive-schemes/{id}/claim-rules`)."


class ClaimsOfOtherPeriod(DomainError):
    status = 409
    code = "schemes.claims_of_other_period"
    title = "A claim is for another time than this period and shares days with it."
    hint = "Pay it by a run of its own period first, or let the practice withdraw it and claim for the period of the scheme."


class NoClaimPeriod(InvalidRequest):
    code = "schemes.no_claim_period"
    title = "The scheme is not claimed for such a period."
    hint = "Give a month, a quarter or a year: `GET /v1/incentive-schemes/{id}/claim-rules` says which (`every`)."


class NoFigure(DomainError):
    status = 409
    code = "schemes.no_figure"
    title = "There is no figure to declare: an amount comes to more than can be right."
    hint = "Correct the value that was recorded for the period: `POST /v1/incentive-schemes/{id}/facts` with its `external_id`."


class ValuesMoved(DomainError):
    status = 409
    code = "schemes.values_moved"
    title = "The values have changed since they were read."
    hint = "Read the claim again, and declare with the `values_digest` that it has now."


class ClaimNotOpen(DomainError):
    status = 409
    code = "schemes.claim_not_open"
    title = "The claim has been declared already, or has ended."
    hint = "`GET /v1/claims/{id}` says where it stands. One that was rejected or withdrawn is made anew: `POST /v1/claims`."


class ClaimNotDeclared(DomainError):
    status = 409
    code = "schemes.claim_not_declared"
    title = "The claim does not wait to be vetted."
    hint = "`GET /v1/claims/{id}` says where it stands; the practice declares it first."


class ClaimNotVetted(DomainError):
    status = 409
    code = "schemes.claim_not_vetted"
    title = "The claim does not wait to be approved."
    hint = "`GET /v1/claims/{id}` says where it stands; it is vetted before it is approved."


class ClaimNotSampled(DomainError):
    status = 409
    code = "schemes.claim_not_sampled"
    title = "The claim waits for no quality check."
    hint = "It was not drawn for one, or it is done: go on with `POST /v1/claims/{id}/approve`."


class QualityCheckDue(DomainError):
    status = 409
    code = "schemes.quality_check_due"
    title = "The claim was drawn for a quality check, which comes before it is approved."
    hint = "Somebody who has not declared or vetted it does it: `POST /v1/claims/{id}/quality-check`."


class ClaimSettled(DomainError):
    status = 409
    code = "schemes.claim_settled"
    title = "The claim is in a payment run, is paid, or has ended; it stays as it is."
    hint = "A run that is rejected gives its claims back. What is paid is corrected by facts and a later run."


class ClaimHeld(DomainError):
    status = 409
    code = "schemes.claim_held"
    title = "The claim is on hold."
    hint = "`GET /v1/claims/{id}` has the reason; `POST /v1/claims/{id}/resume` lifts the hold."


class ClaimNotHeld(DomainError):
    status = 409
    code = "schemes.claim_not_held"
    title = "The claim is not on hold."
    hint = "There is nothing to lift: `GET /v1/claims/{id}` says where it stands."


class DeclarationVoid(DomainError):
    status = 409
    code = "schemes.declaration_void"
    title = "What was declared has changed, so that the declaration is void."
    hint = "The practice reads the claim, which is open again, and declares it anew."


class EvidenceUnconfirmed(DomainError):
    status = 409
    code = "schemes.evidence_unconfirmed"
    title = "Some of the evidence that was declared is not confirmed yet."
    hint = "A scheme manager confirms it first: `POST /v1/incentive-schemes/{id}/facts/confirm`; or reject the claim."


class SamePerson(DomainError):
    status = 409
    code = "schemes.same_person"
    title = "Declaring, vetting, checking and approving a claim are for different people."
    hint = "Let somebody else do it, under whichever key: persons are compared, not keys."
    constraints = ("ck_claim_people", "ck_claim_approvers")


class UnknownReason(InvalidRequest):
    code = "schemes.unknown_reason"
    title = "The scheme has no such reason."


class ClaimsRefused(DomainError):
    """Nothing was made or recorded; `errors` names each cell that cannot be."""

    status = 422
    code = "schemes.claims_refused"
    title = "Some of these claims cannot be made, so none was."
