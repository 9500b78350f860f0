"""One commissioner with one of everything that a path can name, for tests that walk every route.

A slice that adds a path with a parameter adds what fills it here: a maker that files the new thing's id under the path as
far as its parameter.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

import asyncpg
import httpx

from app.access.values import PRACTICE_ROLES, ROLE_SCOPES, Role
from app.core.clock import Period
from app.core.ids import new_id
from app.schemes import service
from tests.factories import schemes
from tests.factories.claims import RULES
from tests.factories.links import link_in, mails_to
from tests.factories.payments import Office
from tests.factories.schemes_over_http import a_live_scheme, sign_up
from tests.factories.service import LivePlenary
from tests.fakes.browser import Browser

ANY = {"If-Match": "*"}


@dataclass
class World:
    live: LivePlenary
    office: Office
    ids: dict[str, str] = field(default_factory=dict)
    """What stands in a path, by the path as far as the parameter: `/v1/payment-runs/{run_id}`."""
    clients: dict[Role, httpx.AsyncClient] = field(default_factory=dict)
    newcomer: str = ""
    """The practice to which the offer in `ids` was made, and which has not answered yet."""

    @property
    def tenant(self) -> str:
        return self.office.tenant

    @property
    def practice(self) -> str:
        return self.office.practices[0]

    async def client(self, role: Role) -> httpx.AsyncClient:
        if role not in self.clients:
            place = {"practice": self.practice} if role in PRACTICE_ROLES else {}
            self.clients[role] = await self.live.as_role(role, tenant=self.tenant, **place)
        return self.clients[role]

    async def post(self, role: Role, path: str, **body: Any) -> dict[str, Any]:
        """Make something, and make sure that it was made."""
        answer = await (await self.client(role)).post(path, **body)
        assert answer.is_success, f"{path}: {answer.text}"
        return answer.json()

    async def first(self, role: Role, path: str) -> dict[str, Any]:
        answer = await (await self.client(role)).get(path)
        assert answer.is_success, f"{path}: {answer.text}"
        assert answer.json()["data"], f"{path} is empty"
        return answer.json()["data"][0]

    def fill(self, path: str) -> str:
        """The path with this world's ids; a KeyError names the parameter for which a maker is missing."""
        filled = path
        while "{" in filled:
            upto = path[: path.index("}", path.index(filled[filled.index("{") : filled.index("}")])) + 1]
            filled = filled.replace(filled[filled.index("{") : filled.index("}") + 1], self.ids[upto], 1)
        return filled

    def roles_with(self, scope: str) -> list[Role]:
        """Those of a commissioner, the widest first, and one of a practice."""
        holders = [role for role in Role if scope in ROLE_SCOPES[role] and role is not Role.PLATFORM_ADMIN]
        wide = [role for role in holders if role not in PRACTICE_ROLES]
        return wide[:1] + [role for role in holders if role in PRACTICE_ROLES][:1]


_DEFINITION = {
    "language": 1,
    "measures": schemes.PER_HEAD["measures"] | schemes.SESSIONS["measures"],
    "pay": {"type": "sum", "of": [schemes.PER_HEAD["pay"], schemes.SESSIONS["pay"]]},
}
Maker = Callable[[World], Awaitable[None]]
MAKERS: list[Maker] = []


def maker(function: Maker) -> Maker:
    MAKERS.append(function)
    return function


async def make_world(live: LivePlenary) -> World:
    world = World(live, await Office.open(live, definition=_DEFINITION, lists=("5000", "6000")))
    for make in MAKERS:
        await make(world)
    await live.work()
    return world


async def everything_of(world: World) -> dict[str, list[str]]:
    """Every row of the tenant in every table, through the one login that sees past row-level security."""
    connection = await asyncpg.connect(world.live.settings.asyncpg_url("backup"))
    try:
        tables = await connection.fetch(
            "SELECT a.attrelid::regclass::text AS name FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid"
            " WHERE a.attname = 'commissioner_id' AND c.relkind = 'r' AND NOT a.attisdropped"
        )
        tenant = world.live.tenants[world.tenant]
        return {
            table["name"]: sorted(
                row[0]
                for row in await connection.fetch(
                    f"SELECT t::text FROM {table['name']} t WHERE commissioner_id = $1", tenant
                )
            )
            for table in tables
        }
    finally:
        await connection.close()


@maker
async def _practices(world: World) -> None:
    world.ids["/v1/practices/{code}"] = world.practice
    made = await world.post(Role.COMMISSIONER_ADMIN, "/v1/localities", json={"code": "harbour", "name": "Harbour"})
    world.ids["/v1/localities/{locality_id}"] = made["id"]
    there = f"/v1/localities/{made['id']}/practices/{world.practice}"
    client = await world.client(Role.COMMISSIONER_ADMIN)
    assert (await client.put(there, json={"from": "2020-04-01", "until": "2021-04-01"})).is_success
    world.ids["/v1/localities/{locality_id}/practices/{code}"] = world.practice


@maker
async def _practice_changes(world: World) -> None:
    body = {"kind": "close", "practice": world.practice, "effective_on": "2030-04-01"}
    made = await world.post(Role.COMMISSIONER_ADMIN, "/v1/practice-changes", json=body)
    world.ids["/v1/practice-changes/{change_id}"] = made["id"]


@maker
async def _schemes(world: World) -> None:
    world.ids["/v1/scheme-templates/{key}"] = "named-lead"
    scheme = world.ids["/v1/incentive-schemes/{scheme_id}"] = str(world.office.scheme)
    base = f"/v1/incentive-schemes/{scheme}"
    version = "/v1/incentive-schemes/{scheme_id}/versions/{n}"
    draft = {"applies": {"from": "2026-04-01", "until": "2027-04-01"}, "definition": _DEFINITION, "reason": "Next."}
    drafted = await world.post(Role.SCHEME_MANAGER, f"{base}/versions", json=draft)
    world.ids[version] = str(drafted["n"])
    await world.post(Role.SCHEME_MANAGER, f"{base}/versions/{drafted['n']}/consult", json={"until": "2030-01-01"})
    said = {"text": "Two sessions a month are too few."}
    comment = await world.post(Role.LMC_OFFICER, f"{base}/versions/{drafted['n']}/comments", json=said)
    world.ids[f"{version}/comments/{{comment_id}}"] = comment["id"]
    await world.office.record(schemes.a_fact(world.practice, "world-1", schemes.QUARTER.valid_from))
    fact = await world.first(Role.SCHEME_MANAGER, f"{base}/facts")
    world.ids["/v1/incentive-schemes/{scheme_id}/facts/{fact_id}"] = fact["id"]
    sign_up = await world.first(Role.SCHEME_MANAGER, f"{base}/sign-ups")
    world.ids["/v1/incentive-schemes/{scheme_id}/sign-ups/{sign_up_id}"] = sign_up["id"]
    simulated = await world.post(Role.SCHEME_MANAGER, f"{base}/versions/{drafted['n']}/simulate")
    world.ids[f"{version}/simulations/{{simulation_id}}"] = simulated["result"]["simulation"]
    await world.live.work()
    world.newcomer = f"{world.practice[:-2]}NEW"[-8:]
    await world.live.make_practice(world.newcomer, world.tenant)
    body = {"practices": [world.newcomer], "respond_by": "2026-12-31"}
    await world.post(Role.SCHEME_MANAGER, f"{base}/offers", json=body)
    offer = await world.first(Role.SCHEME_MANAGER, f"{base}/offers")
    world.ids["/v1/incentive-schemes/{scheme_id}/offers/{offer_id}"] = offer["id"]
    world.ids["/v1/offers/{offer_id}"] = offer["id"]


@maker
async def _claims(world: World) -> None:
    """In a scheme of its own, because the others' runs pay without claims."""
    manager = await world.client(Role.SCHEME_MANAGER)
    path = await a_live_scheme(manager, {**schemes.PER_HEAD, "claims": "required"}, code="CLAIMED")
    assert (await sign_up(manager, path, world.practice)).is_success
    monthly = {**RULES, "every": "month"}
    assert (await manager.put(f"{path}/claim-rules", json=monthly, headers={"If-Match": "*"})).is_success
    period = {"from": "2026-10-01", "until": "2026-11-01"}
    body = {"scheme": path.rpartition("/")[2], "practice": world.practice, "period": period}
    claim = await world.post(Role.PRACTICE_LEAD, "/v1/claims", json=body)
    world.ids["/v1/claims/{claim_id}"] = claim["id"]
    await world.post(Role.PRACTICE_LEAD, f"/v1/claims/{claim['id']}/declare", json={})


@maker
async def _payments(world: World) -> None:
    run = world.ids["/v1/payment-runs/{run_id}"] = await world.office.pay(Period(*_QUARTER))
    world.ids["/v1/payment-runs/{run_id}/statements/{practice}"] = world.practice
    statement = await world.office.statement(run, world.practice)
    said = {"payment": statement["payments"][0]["reference"], "outcome": "accepted"}
    path = f"/v1/payment-runs/{run}/acknowledgements"
    await world.post(Role.PAYMENTS_RELEASER, path, json={"acknowledgements": [said]})
    row = await world.first(Role.PAYMENTS_RELEASER, path)
    world.ids["/v1/payment-runs/{run_id}/acknowledgements/{acknowledgement_id}"] = row["id"]
    sending = await world.post(Role.PAYMENTS_RELEASER, f"/v1/payment-runs/{run}/sendings", json={"format": "csv"})
    world.ids["/v1/payment-runs/{run_id}/sendings/{sending_id}"] = sending["id"]
    world.ids["/v1/jobs/{job_id}"] = await _row_id(world, "job")
    line = world.ids["/v1/payment-lines/{reference}"] = statement["lines"][0]["reference"]
    world.ids["/v1/payment-runs/{run_id}/lines/{reference}"] = line
    world.ids["/v1/practices/{code}/statements/{reference}"] = statement["reference"]
    asked = {"text": "Is this the list of April?"}
    query = await world.post(Role.PRACTICE_MANAGER, f"/v1/payment-lines/{line}/queries", json=asked)
    world.ids["/v1/payment-queries/{query_id}"] = query["id"]


@maker
async def _arrangements(world: World) -> None:
    arrangement = new_id()
    await world.live.execute(
        "INSERT INTO payment_arrangement (commissioner_id, id, scheme_id, practice, payee_type, payee_code, kind,"
        " most_per_run, reason, proposed_by, proposed_at) VALUES ($1, $2, $3, $4, 'practice', $4, 'recover', 100, 'Agreed.',"
        " $5, now())",
        world.live.tenants[world.tenant], arrangement, world.office.scheme, world.practice, new_id(),
        tenant=world.live.tenants[world.tenant],
    )  # fmt: skip
    world.ids["/v1/incentive-schemes/{scheme_id}/arrangements/{arrangement_id}"] = str(arrangement)


@maker
async def _suppliers(world: World) -> None:
    for practice in world.office.practices:
        await world.office.name_supplier(practice)
    made = await world.office.propose_supplier(world.practice)
    world.ids["/v1/suppliers/{supplier_id}"] = made["id"]


@maker
async def _file_layouts(world: World) -> None:
    name = world.ids["/v1/file-layouts/{name}"] = f"world-{world.tenant.lower()}"
    columns = [{"field": field, "heading": field} for field in ("payment_reference", "amount")]
    client = await world.client(Role.PAYMENTS_RELEASER)
    assert (await client.put(f"/v1/file-layouts/{name}", json={"columns": columns})).status_code == 201


_QUARTER = (schemes.QUARTER.valid_from, schemes.QUARTER.valid_until)


async def _row_id(world: World, table: str) -> str:
    tenant = world.live.tenants[world.tenant]
    rows = await world.live.fetch(f"SELECT id FROM {table} WHERE commissioner_id = $1 LIMIT 1", tenant, tenant=tenant)
    return str(rows[0]["id"])


@maker
async def _imports(world: World) -> None:
    content = f"locality,practice_code,from,until\nNorth,{world.practice},2026-04-01,\n"
    answer = await world.post(
        Role.COMMISSIONER_ADMIN,
        "/v1/imports",
        data={"kind": "localities"},
        files={"file": ("localities.csv", content.encode())},
    )
    world.ids["/v1/imports/{import_id}"] = answer["result"]["import"]
    world.ids["/v1/operations/{operation_id}"] = answer["id"]


@maker
async def _meetings(world: World) -> None:
    meeting = {
        "title": "Protected learning afternoon",
        "purpose": "Share how urgent visits are handled",
        "level": "commissioner",
        "starts_at": "2026-11-12T13:00:00Z",
        "ends_at": "2026-11-12T17:00:00Z",
    }
    made = await world.post(Role.ENGAGEMENT_LEAD, "/v1/meetings", json=meeting)
    world.ids["/v1/meetings/{meeting_id}"] = made["id"]


@maker
async def _people(world: World) -> None:
    person = await world.post(
        Role.COMMISSIONER_ADMIN, "/v1/people", json={"name": "Wilma Wood", "email": f"w@{world.tenant}.example"}
    )
    world.ids["/v1/people/{person_id}"] = person["id"]
    body = {"person_id": person["id"], "practice": world.practice, "role": "practice_manager", "from": "2026-04-01"}
    post = await world.post(Role.COMMISSIONER_ADMIN, "/v1/posts", json=body)
    world.ids["/v1/posts/{post_id}"] = post["id"]
    office = await world.client(Role.COMMISSIONER_ADMIN)
    mailbox = {"email": f"team@{world.practice}.example"}
    answer = await office.put(f"/v1/practices/{world.practice}/mailbox", json=mailbox)
    assert answer.is_success, answer.text


@maker
async def _feeds(world: World) -> None:
    body = {"name": "news", "title": "World news", "kinds": ["announcements"], "access": "public"}
    made = await world.post(Role.EDITOR, "/v1/feeds", json=body)
    world.ids |= {"/v1/feeds/{feed_id}": made["id"], "/v1/feeds/{name}": made["name"]}


@maker
async def _newsletters(world: World) -> None:
    await world.post(
        Role.EDITOR,
        "/v1/announcements",
        json={"title": "Posted", "body_markdown": "Words.", "audience": {}, "on_intranet": True, "channels": ["inbox"]},
    )
    made = await world.post(Role.EDITOR, "/v1/newsletters", json={"title": "World letter"})
    path = f"/v1/newsletters/{made['id']}"
    await world.post(Role.EDITOR, f"{path}/schedule", json={})
    await world.live.work()
    sent = (await (await world.client(Role.EDITOR)).get(path)).json()
    world.ids |= {
        "/v1/newsletters/{newsletter_id}": made["id"],
        "/v1/newsletters/{newsletter_id}/editions/{edition_id}": sent["editions"][0]["id"],
    }


@maker
async def _messages(world: World) -> None:
    body = {
        "title": "World news",
        "body_markdown": "Nothing for others.",
        "audience": {"roles": ["practice_manager"]},
    }
    answer = await world.post(Role.EDITOR, "/v1/announcements", json=body)
    world.ids["/v1/announcements/{announcement_id}"] = answer["result"]["announcement"]
    await world.live.work()
    person = UUID(world.ids["/v1/people/{person_id}"])
    reader = await world.live.as_role("practice_manager", tenant=world.tenant, practice=world.practice, person=person)
    world.clients[Role.PRACTICE_MANAGER] = reader
    message = await world.first(Role.PRACTICE_MANAGER, "/v1/me/inbox")
    world.ids["/v1/me/inbox/{message_id}"] = message["id"]
    # The delivery of an inbox is its message there.
    world.ids["/v1/deliveries/{delivery_id}"] = message["id"]


@maker
async def _wording(world: World) -> None:
    """A draft beside what is published; kinds are named alike everywhere."""
    kind = world.ids["/v1/message-templates/{kind}"] = "issue_answered"
    words = {"subject": f"{world.tenant} answers", "body": "{{ title }}", "reason": "In our own words."}
    for n in (1, 2):
        made = await world.post(Role.EDITOR, f"/v1/message-templates/{kind}/versions", json=words)
        assert made["n"] == n
    await world.post(Role.EDITOR, f"/v1/message-templates/{kind}/versions/1/publish")
    world.ids["/v1/message-templates/{kind}/versions/{n}"] = "2"


@maker
async def _links(world: World) -> None:
    body = {
        "title": "To be read",
        "body_markdown": "By everybody.",
        "audience": {"roles": ["practice_manager"]},
        "must_acknowledge_by": "2026-12-31",
    }
    await world.post(Role.EDITOR, "/v1/announcements", json=body)
    await world.live.work()
    mail = mails_to(world.live, f"w@{world.tenant}.example")[-1]
    for kind in ("a", "u"):
        world.ids[f"/{kind}/{{token}}"] = link_in(mail, kind).rpartition("/")[2]


@maker
async def _webhooks(world: World) -> None:
    """Where nobody listens: the first try is in vain, and the delivery is there to be looked at."""
    base = "/v1/webhook-endpoints/{endpoint_id}"
    body = {"url": "http://127.0.0.1:1/", "events": ["*"]}
    endpoint = world.ids[base] = (await world.post(Role.COMMISSIONER_ADMIN, "/v1/webhook-endpoints", json=body))["id"]
    tried = await world.post(Role.COMMISSIONER_ADMIN, f"/v1/webhook-endpoints/{endpoint}/test")
    world.ids[f"{base}/deliveries/{{delivery_id}}"] = tried["id"]


@maker
async def _credentials(world: World) -> None:
    key = await world.post(Role.COMMISSIONER_ADMIN, "/v1/api-keys", json={"name": "World", "role": "auditor"})
    world.ids["/v1/api-keys/{key_id}"] = key["id"]
    body = {"role": "editor", "person_id": world.ids["/v1/people/{person_id}"]}
    grant = await world.post(Role.COMMISSIONER_ADMIN, "/v1/role-grants", json=body)
    world.ids["/v1/role-grants/{grant_id}"] = grant["id"]


@maker
async def _forums(world: World) -> None:
    base = "/v1/patient-forums/{forum_id}"
    body = {"name": "Harbour patients", "level": "practice", "practice": world.practice}
    forum = world.ids[base] = (await world.post(Role.FORUM_COORDINATOR, "/v1/patient-forums", json=body))["id"]
    member = {
        "name": "Joan Ashby",
        "email": f"joan@{world.tenant}.example",
        "role": "chair",
        "practice": world.practice,
        "consent": {"given_on": "2026-10-01", "by": "paper"},
    }
    made = await world.post(Role.FORUM_COORDINATOR, f"/v1/patient-forums/{forum}/members", json=member)
    world.ids[f"{base}/members/{{member_id}}"] = made["id"]
    issue = {
        "title": "How long is the queue?",
        "body": "Nobody knows.",
        "raised_by": {"type": "forum", "id": forum},
        "practices": [world.practice],
    }
    raised = await world.post(Role.FORUM_COORDINATOR, "/v1/issues", json=issue)
    world.ids["/v1/issues/{issue_id}"] = raised["id"]
    answer = {"decision": "planned", "text": "In spring.", "due_on": "2027-02-01"}
    said = await world.post(Role.ENGAGEMENT_LEAD, f"/v1/issues/{raised['id']}/responses", json=answer)
    world.ids["/v1/issues/{issue_id}/responses/{response_id}"] = said["id"]


@maker
async def _channels(world: World) -> None:
    world.ids["/v1/message-providers/{kind}"] = "mail"
    client = await world.client(Role.COMMISSIONER_ADMIN)
    assert (await client.put("/v1/message-providers/mail", json={"rate_per_minute": 600})).is_success
    body = {"address": f"old@{world.tenant.lower()}.example"}
    made = await world.post(Role.COMMISSIONER_ADMIN, "/v1/suppressions", json=body)
    world.ids["/v1/suppressions/{suppression_id}"] = made["id"]


@maker
async def _push_subscriptions(world: World) -> None:
    body = {"endpoint": "https://updates.push.services.mozilla.com/wpush/v2/world", "keys": Browser().keys}
    made = await world.post(Role.PRACTICE_MANAGER, "/v1/me/push-subscriptions", json=body)
    world.ids["/v1/me/push-subscriptions/{subscription_id}"] = made["id"]


@maker
async def _teams_channels(world: World) -> None:
    body = {"name": "World", "url": "https://prod-1.uksouth.logic.azure.com/workflows/0123?sig=secret"}
    made = await world.post(Role.COMMISSIONER_ADMIN, "/v1/teams-channels", json=body)
    world.ids["/v1/teams-channels/{channel_id}"] = made["id"]


@maker
async def _sessions(world: World) -> None:
    """What practices are asked once a month, as the worker of that night asks them."""
    async with world.live.worker_session(world.tenant) as session:
        await service.ask_for_sessions(session, today=date(2026, 11, 2))
    asked = await world.live.fetch("SELECT practice FROM session_request", tenant=world.live.tenants[world.tenant])
    assert asked
