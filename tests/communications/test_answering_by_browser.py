"""A practice manager with a mail reader and a browser, and nothing else."""

from datetime import date
from pathlib import Path

import pytest

from app.schemes import service as schemes
from tests.factories.browser import Tab, a_tab
from tests.factories.communications import give_post
from tests.factories.forums import Ground
from tests.factories.links import link_in, mails_to
from tests.factories.schemes_over_http import a_live_scheme
from tests.factories.service import LivePlenary
from tests.factories.serving import served

ADDRESS = "mina.moor@surgery.example"


async def _accept(tab: Tab) -> None:
    assert "Expected</dt><dd>£7,200.00" in await tab.html()
    # At first without a name, as a program would.
    await tab.press("form:has([value=accept]) button")
    assert "There is a problem" in await tab.html()
    await tab.type("accept-name", "mina moor")
    await tab.choose("capacity-authorised")
    await tab.press("form:has([value=accept]) button")
    assert "The offer is accepted" in await tab.html()


async def _answer(tab: Tab) -> None:
    assert "Many of us hang up without knowing." in await tab.html()
    await tab.type("answer-name", "Ms Mina Moor")
    await tab.choose("decision-planned")
    await tab.type("text", "The telephone will say it.")
    await tab.type("due_on", "31/3/2027")
    await tab.press("form button")
    assert "The answer is sent" in await tab.html()


async def _confirm(tab: Tab) -> None:
    assert "Expected for one more session</dt><dd>£300.00" in await tab.html()
    await tab.type("confirm-name", "Mina Moor")
    await tab.type("on-1", "in October")
    await tab.press("form button")
    assert "Write the day as 31/3/2027." in await tab.html()
    await tab.type("on-1", "5/10/2026")
    await tab.press("form button")
    assert "What was held is recorded" in await tab.html()


@pytest.mark.slow
async def test_a_manager_accepts_an_offer_answers_an_issue_and_confirms_a_session_from_the_mail(
    live: LivePlenary, tmp_path: Path
) -> None:
    tenant = await live.fresh_tenant()
    ground = Ground(live, tenant, await live.as_role("forum_coordinator", tenant=tenant), [])
    [practice] = await ground.more_practices(1)
    manager = await live.make_person("Mina Moor", tenant=tenant, email=ADDRESS)
    await give_post(live, tenant, manager, "practice_manager", practice=practice)
    office = await live.as_role("scheme_manager", tenant=tenant)
    scheme = await a_live_scheme(office)
    await office.post(f"{scheme}/offers", json={"practices": [practice], "respond_by": "2026-12-24"})
    await ground.issue(await ground.forum())
    await live.work()
    mails = {mail["Subject"].partition(":")[0]: mail for mail in mails_to(live, ADDRESS)}
    base = await served(live)
    async with a_tab(tmp_path) as tab:
        await tab.open(base + link_in(mails["Offer"]))
        await _accept(tab)
        await tab.open(base + link_in(mails["Issue"]))
        await _answer(tab)
        async with live.worker_session(tenant) as session:
            await schemes.ask_for_sessions(session, today=date(2026, 11, 2))
        await live.work()
        await tab.open(base + link_in(mails_to(live, ADDRESS)[-1]))
        await _confirm(tab)
    [fact] = (await office.get(f"{scheme}/facts")).json()["data"]
    assert (fact["on"], fact["measure"], fact["state"]) == ("2026-10-05", "lead_session", "entered")
    [part] = (await office.get(f"{scheme}/participation")).json()["data"]
    assert (part["state"], part["signatory"]["name"]) == ("accepted", "Mina Moor")
    [given] = await live.fetch("SELECT decision, by_person FROM issue_response", tenant=live.tenants[tenant])
    assert (given["decision"], given["by_person"]) == ("planned", manager)
    done = await live.fetch(
        "SELECT via, person_id FROM audit_entry WHERE action = 'offer.accepted'", tenant=live.tenants[tenant]
    )
    assert [(entry["via"], entry["person_id"]) for entry in done] == [("link", manager)]
