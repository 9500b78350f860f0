"""What there is of a town when the dust has settled: read through the public API, and at the receivers outside."""

from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

from app.storm.accepted import Accepted, Change
from app.storm.receivers import Heard, Receivers
from app.storm.sink import Sink
from app.storm.town import mailbox
from app.storm.world import World

ENDED: Final = frozenset({"sent", "delivered", "suppressed", "digested", "held"})
"""What may become of a delivery here: nobody loses a post or has a wrong address."""
Delivery = dict[str, Any]


@dataclass(slots=True)
class Seen:
    """Of announcements the deliveries by id; `every` are those of notices and digests too. Inboxes are by person. `jobs`
    are those in hand and those that somebody has to look at; `disabled` says why, by the endpoint.
    """

    deliveries: dict[str, list[Delivery]] = field(default_factory=dict)
    every: list[Delivery] = field(default_factory=list)
    mails: Counter[str] = field(default_factory=Counter)
    inboxes: dict[str, list[Delivery]] = field(default_factory=dict)
    offers: dict[str, str] = field(default_factory=dict)
    runs: dict[str, Any] = field(default_factory=dict)
    statements: dict[str, list[tuple[str, Decimal]]] = field(default_factory=dict)
    responses: Counter[tuple[str, str]] = field(default_factory=Counter)
    changes: dict[str, list[Change]] = field(default_factory=dict)
    heard: dict[str, Heard] = field(default_factory=dict)
    jobs: list[Any] = field(default_factory=list)
    disabled: dict[str, str] = field(default_factory=dict)


async def look(world: World, accepted: Accepted, sink: Sink, receivers: Receivers) -> Seen:
    office, seen = world.office, Seen(mails=Counter(sink.taken))
    admin, manager = office["commissioner_admin"], office["scheme_manager"]
    for each in accepted.announced:
        address = f"/v1/announcements/{each.id}/deliveries?limit=200"
        seen.deliveries[each.id] = await office["editor"].every(address)
    seen.every = await admin.every("/v1/deliveries?limit=200")
    for name, caller in world.people.items():
        seen.inboxes[name] = await caller.every("/v1/me/inbox?limit=200")
    for scheme in world.offered:
        for each in await manager.every(f"/v1/incentive-schemes/{scheme}/offers?limit=200"):
            seen.offers[each["id"]] = each["state"]
    for run in await manager.every("/v1/payment-runs?limit=200"):
        seen.runs[run["id"]] = run
    for code in world.town.practices:
        listed = await admin.every(f"/v1/practices/{code}/statements?limit=200")
        seen.statements[code] = [(each["run"], Decimal(each["total"])) for each in listed]
    for issue, asked in accepted.issues.items():
        for code in set(asked) & set(world.town.manned):
            caller = world.people[world.town.manager(code).name]
            listed = await caller.every(f"/v1/issues/{issue}/responses?limit=200")
            seen.responses.update((issue, code) for each in listed if each["practice"] == code)
    for endpoint in accepted.endpoints:
        seen.changes[endpoint.id] = [change async for change in _changes(world, endpoint.cursor)]
    for state in ("parked", "running"):
        seen.jobs += await admin.every(f"/v1/jobs?state={state}&limit=200")
    for each in await admin.every("/v1/webhook-endpoints?limit=200"):
        if each["state"] != "enabled":
            seen.disabled[each["id"]] = each["disabled_because"]
    seen.heard = {each.id: receivers.heard.get(each.path, Heard()) for each in accepted.endpoints}
    return seen


async def _changes(world: World, cursor: str) -> AsyncIterator[Change]:
    admin, has_more = world.office["commissioner_admin"], True
    while has_more:
        page = await admin.get(f"/v1/changes?limit=200&cursor={cursor}")
        for each in page["data"]:
            yield each["number"], each["kind"], each["id"]
        cursor, has_more = page["next_cursor"], page["has_more"]


def who(delivery: Delivery) -> str:
    return mailbox(delivery["practice"]) if delivery["is_mailbox"] else delivery["name"]
