"""The demo is loaded through the API, and the tour that the README prints is the tour that is played."""

import json
import re
from datetime import date
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from app.core.clock import SystemClock, london_date
from app.core.settings import Settings
from app.demo.calls import Caller, CallFailed
from app.demo.load import load
from app.demo.mails import asking_mails
from app.demo.tour import Tour, tour
from app.demo.world import MAILBOX_PRACTICE, practices
from app.main import create_app
from tests.factories.links import Page
from tests.factories.processes import working
from tests.factories.serving import on_a_port
from tests.factories.waiting import until

README = Path(__file__).resolve().parents[2] / "README.md"
# What differs from one tour to the next: ids, references and days.
CHANGING = (
    (r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}", "…"),
    (r"\b[SP][0-9A-Z]{13}\b", "…"),
    (r"\d{4}-\d{2}-\d{2}", "YYYY-MM-DD"),
    (r"\d{1,2} [A-Z][a-z]+ \d{4}", "D Month YYYY"),
)


def steady(text: str) -> str:
    for pattern, stand_in in CHANGING:
        text = re.sub(pattern, stand_in, text)
    return text.strip()


async def expect_named_provider(client: httpx.AsyncClient, keys: dict[str, str]) -> None:
    caller = Caller(client, keys["scheme_manager"])
    plt = next(row["id"] for row in await caller.every("/v1/incentive-schemes") if row["code"] == "PLT")
    run = next(row["id"] for row in await caller.every("/v1/payment-runs") if row["scheme"] == plt)
    statement = await caller.get(f"/v1/payment-runs/{run}/statements/ZZ0101")
    named = {payment["payee"]["code"]: payment["payee"]["name"] for payment in statement["payments"]}
    assert named["ZZX01"] == "ALDERMERE NIGHT DOCTORS"


async def expect_mailboxes(client: httpx.AsyncClient, keys: dict[str, str]) -> None:
    """Every practice has one, and an announcement falls to those of practices where nobody holds the role."""
    mailbox = await Caller(client, keys["commissioner_admin"]).get("/v1/practices/ZZ0101/mailbox")
    assert mailbox["email"] == "reception.zz0101@example.org"
    draft = {"title": "Leads", "body_markdown": "Hello.", "audience": {"roles": ["named_lead"]}, "dry_run": True}
    listed = await Caller(client, keys["intranet"]).get("/v1/practices?count=exact&limit=1")
    assert listed["total"] == 60
    counted = await Caller(client, keys["editor"]).post("/v1/announcements", draft)
    leads = sum(practice.lead is not None for practice in practices())
    assert (counted["result"]["people"], counted["result"]["mailboxes"]) == (leads, 60 - leads)


async def answer_by_mail(client: httpx.AsyncClient, outbox: Path) -> dict[str, tuple[str, str]]:
    """Whoever has nothing but the mailbox answers all that it is asked; what each page says before and after."""
    practice = next(each for each in practices() if each.code == MAILBOX_PRACTICE)
    assert practice.nurse is not None
    await until(lambda: len(asking_mails(outbox, practice.mailbox)) == 4)
    said: dict[str, tuple[str, str]] = {}
    for mail in asking_mails(outbox, practice.mailbox):
        path = urlsplit(mail.link).path
        page = Page((await client.get(path)).text)
        typed = {"name": practice.nurse.name, "capacity": "authorised", "decision": "planned", "text": "From spring."}
        answer = await client.post(path, data=page.forms[0] | typed)
        said[mail.subject] = page.text, Page(answer.text).text
    return said


async def expect_answers(client: httpx.AsyncClient, keys: dict[str, str], said: dict[str, tuple[str, str]]) -> None:
    offered, accepted = said["Offer: Telephone appointments until eight"]
    pounds = re.search(r"Expected (£[1-9][\d,]*\.00)", offered)
    assert pounds is not None, offered
    assert f"It is expected to earn {pounds[1]} by it in all." in accepted
    assert "Your practice has answered: Planned." in said["Issue: A seat for carers at the front desk"][1]
    manager, editor = Caller(client, keys["scheme_manager"]), Caller(client, keys["editor"])
    scheme = next(row["id"] for row in await manager.every("/v1/incentive-schemes") if row["code"] == "EVE")
    [part] = await manager.every(f"/v1/incentive-schemes/{scheme}/participation?state=accepted")
    assert (part["practice"], part["signatory"]["name"]) == (MAILBOX_PRACTICE, "Kofi Sorrel")
    [told] = [row for row in await editor.every("/v1/announcements") if row["must_acknowledge_by"]]
    read = [row for row in await editor.every(f"/v1/announcements/{told['id']}/acknowledgements") if row["read"]]
    assert [(row["practice"], row["via"]) for row in read] == [(MAILBOX_PRACTICE, "link")]
    member = Caller(client, keys["forum_member"])
    forum = (await member.get("/v1/patient-forums"))["data"][0]["id"]
    heard = await member.every(f"/v1/patient-forums/{forum}/you-said-we-did")
    assert sum(did["text"] == "From spring." for each in heard for did in each["we_did"]) == 2


@pytest.mark.slow
async def test_the_tour_in_the_readme_is_the_tour(live_settings: Settings) -> None:
    heard: list[str] = []
    await load(live_settings, worker=working(live_settings), say=heard.append)
    await load(live_settings, worker=working(live_settings), say=heard.append)
    assert heard[-1] == "The demo is loaded already."
    keys = live_settings.home / "demo-keys.json"
    assert keys.stat().st_mode & 0o777 == 0o600
    known = json.loads(keys.read_text())
    assert len(known["keys"]) == 18

    said: list[str] = []
    app = create_app(live_settings)
    async with app.router.lifespan_context(app), on_a_port(app) as base, working(live_settings):
        async with httpx.AsyncClient(base_url=base, timeout=30) as client:
            await expect_mailboxes(client, known["keys"])
            await expect_named_provider(client, known["keys"])
            today = london_date(SystemClock().now())
            outbox = live_settings.outbox_path
            await Tour(client, known["keys"], today=today, outbox=outbox, say=said.append).run()
            later: list[str] = []
            for _ in range(2):
                await Tour(client, known["keys"], today=today, outbox=outbox, say=later.append).run()
            lead = Caller(client, known["keys"]["engagement_lead"])
            said_by_pages = await answer_by_mail(client, outbox)
            await expect_answers(client, known["keys"], said_by_pages)
            afternoons = [row for row in await lead.every("/v1/meetings") if "afternoon" in row["title"]]
    # The month has room for two sessions: the second tour still earns one.
    assert "   £300.00 became £600.00." in later
    assert "   £600.00 stays." in later
    assert "\n3. This month is full after earlier tours: the sentence says what is recorded and not paid." in later
    assert {date.fromisoformat(row["starts_at"][:10]).weekday() < 5 for row in afternoons} == {True}
    printed = README.read_text().partition("<!-- tour -->")[2].partition("<!-- /tour -->")[0].strip().strip("`")
    assert steady("\n".join(said)) == printed.strip()


async def test_a_tour_of_a_service_that_does_not_run_says_how_to_start_it(tmp_path: Path, unused_tcp_port: int) -> None:
    address = f"http://127.0.0.1:{unused_tcp_port}"
    (tmp_path / "demo-keys.json").write_text(json.dumps({"base_url": address, "keys": {"practice_manager": "a key"}}))
    with pytest.raises(CallFailed, match=f"Nothing answers at {address}; start `plenary up` first."):
        await tour(tmp_path, today=date(2026, 11, 24), outbox=tmp_path)
