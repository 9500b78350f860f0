"""What has happened in the demo's year so far: schemes at work, meetings, payments, a forum, news."""

import asyncio
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Final

from app.core.clock import add_months
from app.core.wording import MONTHS
from app.demo import world
from app.demo.asking import ask_to_read, offer_evenings
from app.demo.calls import Caller

if TYPE_CHECKING:
    from app.demo.load import Demo

LEAD_DEFINITION: Final[dict[str, Any]] = {
    "language": 1,
    "round": {"at": "line", "mode": "half_up"},
    "measures": {"sessions": {"kind": "count", "fact": "lead_session", "max_per_month": 2}},
    "pay": {
        "type": "gate",
        "needs": [{"post": "named_lead", "held": "any_day"}],
        "then": {"type": "per_session", "id": "lead-time", "rate": "300.00", "measure": "sessions"},
    },
}
PLT_DEFINITION: Final[dict[str, Any]] = {
    "language": 1,
    "round": {"at": "line", "mode": "half_up"},
    "measures": {"half_days": {"kind": "count", "fact": "half_day", "max_per_month": 1}},
    "pay": {
        "type": "sum",
        "of": [
            {"type": "per_session", "id": "closure", "rate": "320.00", "measure": "half_days"},
            {
                "type": "per_session",
                "id": "cover",
                "rate": "185.00",
                "measure": "half_days",
                "payee": {"type": "organisation", "code": world.OUT_OF_HOURS},
            },
        ],
    },
}


async def tell_stories(demo: "Demo", lead: str, plt: str) -> None:
    await _lead_sessions(demo, lead)
    await hold_half_days(demo, plt)
    await _runs(demo, lead, plt)
    await _forum(demo)
    await offer_evenings(demo)
    await _news(demo)
    await ask_to_read(demo)
    await open_feed(demo)
    await set_mail_up(demo)


def _months(demo: "Demo") -> list[date]:
    """The first days of the months of the year that are over, the last one excepted: its evidence is still coming in."""
    this_month = demo.today.replace(day=1)
    months = (add_months(demo.year, number) for number in range(20))
    return [month for month in months if month < add_months(this_month, -1) or month == demo.year]


def _working_day(day: date) -> date:
    """The day itself, or the Monday after a weekend: practices are closed then."""
    return day + timedelta(days=7 - day.weekday()) if day.weekday() > 4 else day


async def _lead_sessions(demo: "Demo", scheme: str) -> None:
    """Two sessions a month for each named lead, entered by the office from the rota; some months one was missed."""
    demo.say("Recording the named leads' sessions")
    facts = [
        {"external_id": f"rota-{month:%Y-%m}-{turn}-{practice.code}", "practice": practice.code,
         "measure": "lead_session", "on": _working_day(month + timedelta(days=5 + 14 * turn)).isoformat(), "value": "1"}
        for month in _months(demo)
        for number, practice in enumerate(demo.practices)
        for turn in (0, 1)
        if practice.lead is not None and (number + month.month + turn) % 9
    ]  # fmt: skip
    manager = demo.caller("scheme_manager")
    for start in range(0, len(facts), 500):
        await manager.post(f"/v1/incentive-schemes/{scheme}/facts", {"facts": facts[start : start + 500]})


async def hold_half_days(demo: "Demo", scheme: str) -> None:
    """A protected learning afternoon a month; whose practice closes is paid, and so is who covers it.

    A load that was killed between a meeting and its attendance list goes on with the list.
    """
    demo.say("Holding the protected learning afternoons")
    lead = demo.caller("engagement_lead")
    held = {row["starts_at"][:10]: row for row in await lead.every("/v1/meetings")}
    for month in _months(demo):
        day = _working_day(month + timedelta(days=12))
        meeting = held.get(day.isoformat()) or await lead.post(
            "/v1/meetings",
            {
                "title": f"Protected learning afternoon, {MONTHS[month.month - 1]}",
                "purpose": "Learn together and agree what to change in our own practices",
                "level": "commissioner",
                "starts_at": f"{day}T13:00:00Z",
                "ends_at": f"{day}T17:00:00Z",
                "scheme": scheme,
                "measure": "half_day",
                "joining": "Aldermere Town Hall, or by video",
            },
        )
        if meeting["attended"]:
            continue
        listed = [
            {"name": practice.lead.name, "practice": practice.code, "role": "gp"}
            for number, practice in enumerate(demo.practices)
            if practice.lead is not None and (number * 5 + month.month) % 7
        ]
        await lead.put(f"/v1/meetings/{meeting['id']}/attendance", {"attendance": listed})
    upcoming = _working_day(demo.today + timedelta(days=18))
    if upcoming.isoformat() not in held:
        await lead.post(
            "/v1/meetings",
            {
                "title": "Council of members",
                "purpose": "Vote on next year's priorities",
                "level": "commissioner",
                "starts_at": f"{upcoming}T12:30:00Z",
                "ends_at": f"{upcoming}T14:00:00Z",
                "joining": "By video; the link comes the day before",
            },
        )


async def _runs(demo: "Demo", lead: str, plt: str) -> None:
    """The first quarter of the lead scheme is released, the second worked out; the half-days' first is approved."""
    demo.say("Working out the payments")
    first, second = demo.year, add_months(demo.year, 3)
    await _until_evidence(demo, plt)
    released = await _run(demo, lead, first)
    await _decide(demo, released, "approved", "payments_approver", "approve")
    await _decide(demo, released, "released", "payments_releaser", "release")
    await _run(demo, lead, second)
    approved = await _run(demo, plt, first)
    await _decide(demo, approved, "approved", "payments_approver", "approve")


async def _until_evidence(demo: "Demo", scheme: str) -> None:
    """Attendance becomes evidence in the worker; wait until every attendance has its fact."""
    lead, manager = demo.caller("engagement_lead"), demo.caller("scheme_manager")
    meetings = [row for row in await lead.every("/v1/meetings") if row["scheme"] == scheme]
    wanted = sum(row["attended"] for row in meetings)
    async with asyncio.timeout(60):
        while (await manager.get(f"/v1/incentive-schemes/{scheme}/facts?limit=1&count=exact"))["total"] < wanted:
            await asyncio.sleep(0.2)


async def _run(demo: "Demo", scheme: str, start: date) -> str:
    manager = demo.caller("scheme_manager")
    period = {"from": start.isoformat(), "until": add_months(start, 3).isoformat()}
    for run in await manager.every("/v1/payment-runs"):
        if run["scheme"] == scheme and run["period"] == period:
            return run["id"]
    operation = await manager.finished(await manager.post("/v1/payment-runs", {"scheme": scheme, "period": period}))
    return operation["result"]["payment_run"]


ORDER: Final = ("calculated", "approved", "released")


async def _decide(demo: "Demo", run: str, state: str, role: str, verb: str) -> None:
    caller = demo.caller(role)
    now = (await caller.get(f"/v1/payment-runs/{run}"))["state"]
    if ORDER.index(now) < ORDER.index(state):
        await caller.decide(f"/v1/payment-runs/{run}/{verb}")


async def _forum(demo: "Demo") -> None:
    """A patient forum that asked, and practices that answered."""
    demo.say("Opening the patient forum")
    coordinator = demo.caller("forum_coordinator")
    known = await coordinator.every("/v1/patient-forums")
    wanted = {"name": "Aldermere patients together", "level": "commissioner"}
    forum = known[0] if known else await coordinator.post("/v1/patient-forums", wanted)
    address = f"/v1/patient-forums/{forum['id']}"
    there = {row["name"] for row in await coordinator.every(f"{address}/members")}
    arthur = world.OFFICE["forum_member"]
    voices = [(arthur.name, arthur.email, world.DEMO_PRACTICE)]
    voices += [(world.person(n, "forum").name, None, p.code) for n, p in enumerate(demo.practices[1:12], start=40)]
    consent = {"given_on": demo.year.isoformat(), "by": "paper"}
    for name, email, practice in voices:
        if name not in there:
            member = {"name": name, "email": email, "practice": practice, "consent": consent}
            await coordinator.post(f"{address}/members", member)
    raised = {row["title"]: row["id"] for row in await coordinator.every("/v1/issues")}
    for title, body in (
        (
            "A seat for carers at the front desk",
            "Waiting standing is hard for carers. Two practices have put a seat there.",
        ),
        (
            EVENINGS,
            "Some practices offer calls until eight. People who work would like this everywhere.",
        ),
    ):
        if title not in raised:
            voice = {"type": "forum", "id": forum["id"]}
            issue = {"title": title, "body": body, "raised_by": voice, "practices": None}
            raised[title] = (await coordinator.post("/v1/issues", issue))["id"]
    await _answers(demo, raised[EVENINGS])


EVENINGS: Final = "Evening telephone appointments"
ANSWERS: Final = (
    {"decision": "already_done", "text": "Calls until eight on two evenings a week.", "may_be_named": True},
    {"decision": "already_done", "text": "Every weekday until half past seven.", "may_be_named": True},
    {"decision": "already_done", "text": "On Wednesdays, for those who cannot call by day."},
    {"decision": "planned", "text": "From spring, shared with our neighbours.", "may_be_named": True},
    {"decision": "planned", "text": "Once the new telephones are in."},
    {"decision": "declined", "text": "With one doctor we cannot staff an evening."},
)


async def _answers(demo: "Demo", issue: str) -> None:
    """Six practices answer, each by its manager with a key for that one thing; the demo's own practice has yet to."""
    address = f"/v1/issues/{issue}"
    if (await demo.caller("forum_coordinator").get(address))["comparison"] is not None:
        return
    admin = demo.caller("commissioner_admin")
    others = [p for p in demo.practices if p.code != world.DEMO_PRACTICE and p.manager is not None]
    for practice, answer in zip(others, ANSWERS, strict=False):
        assert practice.manager is not None
        wanted = {
            "name": f"Answer of {practice.code}",
            "role": "practice_manager",
            "boundary": {"type": "practice", "id": practice.code},
            "person": {"name": practice.manager.name, "email": practice.manager.email},
        }
        made = await admin.post("/v1/api-keys", wanted)
        await Caller(demo.client, made["key"]).post(f"{address}/responses", {"practice": practice.code, **answer})
        await admin.delete(f"/v1/api-keys/{made['id']}")


async def _news(demo: "Demo") -> None:
    editor = demo.caller("editor")
    if await editor.every("/v1/announcements"):
        return
    demo.say("Publishing the news")
    for title, body, roles in (
        (
            "Winter visiting rota agreed",
            "Harbour and Old Town share urgent visits from December. **Thank you.**",
            ["practice_manager"],
        ),
        (
            "Evidence for the autumn",
            "Evidence for the last quarter can be entered until the tenth.",
            ["named_lead", "practice_manager"],
        ),
    ):
        operation = await editor.post(
            "/v1/announcements",
            {"title": title, "body_markdown": body, "audience": {"roles": roles}, "on_intranet": True},
        )
        await editor.finished(operation)


async def open_feed(demo: "Demo") -> None:
    """A public feed of the news and the meetings, which readers take in without a key."""
    editor = demo.caller("editor")
    if await editor.every("/v1/feeds"):
        return
    demo.say("Opening the public feed")
    wanted = {"name": "news", "title": "News for practices", "kinds": ["announcements", "meetings", "issues"]}
    await editor.post("/v1/feeds", wanted | {"access": "public"})


async def set_mail_up(demo: "Demo") -> None:
    """The commissioner's own terms for mail, which stay as they are where somebody has changed them."""
    admin = demo.caller("commissioner_admin")
    if not (await admin.get("/v1/message-providers"))["data"]:
        await admin.put("/v1/message-providers/mail", {"daily_limit": 100_000})
