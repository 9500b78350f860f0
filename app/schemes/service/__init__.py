"""Use cases of schemes: drafting and publishing, joining, evidence, and figures."""

from app.schemes.rules.declaring import as_declared, is_outgrown, within_claims
from app.schemes.service.asking import claim_brief, offers_awaiting, participation_refs, practices_in_state
from app.schemes.service.awaiting import claims_awaiting
from app.schemes.service.calculator import calculate, work_out
from app.schemes.service.changing import effects_of_practice_change
from app.schemes.service.checking import definition_errors, period_problems, version_problems
from app.schemes.service.claim_figures import work_out_claims
from app.schemes.service.claim_rules import get_claim_rules, set_claim_rules
from app.schemes.service.claim_views import ClaimView, changes_seen, period_of, view_claim
from app.schemes.service.claiming import declare_claim, entitlement, open_claim, require_run_period, withdraw_claim
from app.schemes.service.consulting import (
    add_comment,
    answer_comment,
    consulted_until,
    get_comment,
    open_consultation,
)
from app.schemes.service.costing import check_version
from app.schemes.service.deciding import (
    Decision,
    approve_claim,
    check_claim,
    hold_claim,
    reject_claim,
    resume_claim,
    vet_claim,
)
from app.schemes.service.drafting import (
    add_version,
    as_scheme_ref,
    as_version_ref,
    change_scheme,
    close_scheme,
    create_scheme,
    get_scheme,
    get_version_for,
    page_begun,
    publish_version,
    read_definition,
    replace_version,
)
from app.schemes.service.evidence import confirm_facts, record_attendance, record_facts, refuse_meeting
from app.schemes.service.expecting import expected_of_practice
from app.schemes.service.figures import (
    Gathering,
    budget_total,
    describe_offer,
    describe_version,
    estimates,
    gather_inputs,
    list_participants,
)
from app.schemes.service.joining import (
    accept_offer,
    decline_offer,
    make_offers,
    participation_tag,
    record_sign_ups,
    sees_signatures,
)
from app.schemes.service.offering import offer_in_words
from app.schemes.service.paying_claims import ClaimsOfRun, DeclaredClaims, return_claims, settle_claims
from app.schemes.service.persons import erase_person, export_person
from app.schemes.service.preparing import claims_template, prepare_claims
from app.schemes.service.reminding import practices_with_claim_due, remind
from app.schemes.service.sessions import ask_for_sessions, confirm_sessions, session_requests, sessions_in_words
from app.schemes.service.simulating import (
    as_simulated,
    chunks,
    keep_simulation,
    plan_simulation,
    request_simulation,
    simulate,
)
from app.schemes.service.templates import get_template, list_templates

__all__ = [
    "ClaimView",
    "ClaimsOfRun",
    "Decision",
    "DeclaredClaims",
    "Gathering",
    "accept_offer",
    "add_comment",
    "add_version",
    "answer_comment",
    "approve_claim",
    "as_declared",
    "as_scheme_ref",
    "as_simulated",
    "as_version_ref",
    "ask_for_sessions",
    "budget_total",
    "calculate",
    "change_scheme",
    "changes_seen",
    "check_claim",
    "check_version",
    "chunks",
    "claim_brief",
    "claims_awaiting",
    "claims_template",
    "close_scheme",
    "confirm_facts",
    "confirm_sessions",
    "consulted_until",
    "create_scheme",
    "declare_claim",
    "decline_offer",
    "definition_errors",
    "describe_offer",
    "describe_version",
    "effects_of_practice_change",
    "entitlement",
    "erase_person",
    "estimates",
    "expected_of_practice",
    "export_person",
    "gather_inputs",
    "get_claim_rules",
    "get_comment",
    "get_scheme",
    "get_template",
    "get_version_for",
    "hold_claim",
    "is_outgrown",
    "keep_simulation",
    "list_participants",
    "list_templates",
    "make_offers",
    "offer_in_words",
    "offers_awaiting",
    "open_claim",
    "open_consultation",
    "page_begun",
    "participation_refs",
    "participation_tag",
    "period_of",
    "period_problems",
    "plan_simulation",
    "practices_in_state",
    "practices_with_claim_due",
    "prepare_claims",
    "publish_version",
    "read_definition",
    "record_attendance",
    "record_facts",
    "record_sign_ups",
    "refuse_meeting",
    "reject_claim",
    "remind",
    "replace_version",
    "request_simulation",
    "require_run_period",
    "resume_claim",
    "return_claims",
    "sees_signatures",
    "session_requests",
    "sessions_in_words",
    "set_claim_rules",
    "settle_claims",
    "simulate",
    "version_problems",
    "vet_claim",
    "view_claim",
    "withdraw_claim",
    "within_claims",
    "work_out",
    "work_out_claims",
]
