"""Use cases of schemes: drafting and publishing, joining, evidence, and figures."""

from app.schemes.service.asking import offers_awaiting, participation_refs, practices_in_state
from app.schemes.service.calculator import calculate, work_out
from app.schemes.service.changing import effects_of_practice_change
from app.schemes.service.checking import definition_errors, period_problems, version_problems
from app.schemes.service.costing import check_version
from app.schemes.service.drafting import (
    add_version,
    as_scheme_ref,
    as_version_ref,
    change_scheme,
    close_scheme,
    create_scheme,
    get_scheme,
    get_version_for,
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
    entitlement,
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
from app.schemes.service.persons import erase_person, export_person
from app.schemes.service.simulating import (
    as_simulated,
    chunks,
    keep_simulation,
    plan_simulation,
    request_simulation,
    simulate,
)

__all__ = [
    "Gathering",
    "accept_offer",
    "add_version",
    "as_scheme_ref",
    "as_simulated",
    "as_version_ref",
    "budget_total",
    "calculate",
    "change_scheme",
    "check_version",
    "chunks",
    "close_scheme",
    "confirm_facts",
    "create_scheme",
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
    "get_scheme",
    "get_version_for",
    "keep_simulation",
    "list_participants",
    "make_offers",
    "offers_awaiting",
    "participation_refs",
    "participation_tag",
    "period_problems",
    "plan_simulation",
    "practices_in_state",
    "publish_version",
    "read_definition",
    "record_attendance",
    "record_facts",
    "record_sign_ups",
    "refuse_meeting",
    "replace_version",
    "request_simulation",
    "sees_signatures",
    "simulate",
    "version_problems",
    "work_out",
]
