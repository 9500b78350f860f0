"""Use cases of organisations: the register and its imports, members, localities, and changes of practices."""

from app.organisations.service.changes import (
    WantedChange,
    apply_due_change,
    effects_of_practice_change,
    list_due_changes,
    plan_change,
    record_change,
    refuse_change,
    withdraw_change,
)
from app.organisations.service.commissioners import create_commissioner, find_commissioner, get_commissioner
from app.organisations.service.leads import record_named_leads
from app.organisations.service.localities import (
    change_locality,
    create_locality,
    find_locality,
    get_localities,
    get_locality,
    place_practice,
)
from app.organisations.service.placing import apply_localities, apply_members
from app.organisations.service.practices import (
    get_practice,
    get_practices,
    list_member_codes,
    list_sizes,
    member_periods,
    organisation_names,
    predecessors,
    profiles,
    select_member_practices,
    successors,
)
from app.organisations.service.publishing import refresh_published
from app.organisations.service.reach import (
    localities_of,
    locality_of,
    practices_in_localities,
    practices_in_locality,
    reachable,
    reaches,
    require_reach,
    require_reach_to,
)

__all__ = [
    "WantedChange",
    "apply_due_change",
    "apply_localities",
    "apply_members",
    "change_locality",
    "create_commissioner",
    "create_locality",
    "effects_of_practice_change",
    "find_commissioner",
    "find_locality",
    "get_commissioner",
    "get_localities",
    "get_locality",
    "get_practice",
    "get_practices",
    "list_due_changes",
    "list_member_codes",
    "list_sizes",
    "localities_of",
    "locality_of",
    "member_periods",
    "organisation_names",
    "place_practice",
    "plan_change",
    "practices_in_localities",
    "practices_in_locality",
    "predecessors",
    "profiles",
    "reachable",
    "reaches",
    "record_change",
    "record_named_leads",
    "refresh_published",
    "refuse_change",
    "require_reach",
    "require_reach_to",
    "select_member_practices",
    "successors",
    "withdraw_change",
]
