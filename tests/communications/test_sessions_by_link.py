"""A practice says which sessions it held, with the mail and a browser and nothing else."""

import asyncio
from datetime import date
from typing import Any

from tests.factories.communications import give_post, told
from tests.factories.links import MAILBOX, Asked, Page, link_in, mails_to
from tests.factories.schemes import PER_HEAD, SESSIONS
from tests.factories.schemes_over_http import a_fact
from tests.factories.service import LivePlenary

OCTOBER = "2026-10-05"


async def test_a_session_is_confirmed_by_its_day_and_waits_for_the_office(shared: LivePlenary) -> None:
    asked = await Asked.sessions(shared)
    assert asked.mail["Subject"] == "Which sessions were held: A named lead in every practice"
    page = await asked.page()
    assert "Sessions in October 2026: A named lead in every practice" in page.text
    assert "Expected for one more session £300.00" in page.text
    assert "Recorded so far none" in page.text
    assert {field["id"] for field in page.fields()} == {known["for"] for tag, known in page.tags if tag == "label"}
    done = await asked.confirm(page, "5/10/2026", "")
    assert done.status_code == 200, done.text
    assert "1 session of your practice: 5 October 2026. Expected for it: £300.00, once" in Page(done.text).text
    [fact] = await asked.facts()
    [delivery] = await told(shared, asked.tenant, "session")
    assert (fact["external_id"], fact["on"], fact["measure"], fact["value"], fact["state"], fact["source"]) == (
        f"link:{delivery['id']}", OCTOBER, "lead_session", "1", "entered", "practice"
    )  # fmt: skip
    [entry] = await asked.audited("scheme_facts.recorded")
    [wren] = await shared.fetch("SELECT id FROM person WHERE name = 'Ada Wren'", tenant=shared.tenants[asked.tenant])
    assert (entry["via"], entry["person_id"]) == ("link", wren["id"])


async def test_the_example_of_a_day_is_of_the_month_that_is_asked_about(shared: LivePlenary) -> None:
    asked = await Asked.sessions(shared, mailed=False)
    await asked.ask(date(2026, 12, 1))
    assert "For example 12/11/2026." in (await asked.page()).text


async def test_a_second_confirm_shows_what_was_recorded(shared: LivePlenary) -> None:
    asked = await Asked.sessions(shared)
    page = await asked.page()
    answers = [await asked.confirm(page, "5/10/2026") for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 200]
    other = await asked.confirm(page, "6/10/2026")
    opened = await asked.browser.get(asked.link)
    assert (other.status_code, opened.status_code) == (410, 410)
    assert all("1 session of your practice: 5 October 2026" in answer.text for answer in (other, opened))
    assert len(await asked.facts()) == 1


async def test_two_sessions_are_confirmed_at_once_and_no_more_than_count(shared: LivePlenary) -> None:
    asked = await Asked.sessions(shared)
    page = await asked.page()
    above = await asked.confirm(page, "5/10/2026", "12/10/2026", "19/10/2026")
    assert (above.status_code, "2 more sessions count in October 2026" in above.text) == (422, True)
    done = await asked.confirm(page, "5/10/2026", "12/10/2026")
    assert "Expected for it: £600.00" in Page(done.text).text
    assert sorted(fact["on"] for fact in await asked.facts()) == [OCTOBER, "2026-10-12"]


async def test_days_that_cannot_be_are_refused_in_words_beside_their_fields(shared: LivePlenary) -> None:
    asked = await Asked.sessions(shared)
    assert (
        await asked.office.post(f"{asked.scheme}/facts", json={"facts": [a_fact(asked.practice, "a", OCTOBER)]})
    ).is_success
    page = await asked.page()
    assert "Recorded so far 5 October 2026" in page.text
    for day, words in {
        "5/10/2026": "A session on 5 October 2026 is recorded already.",
        "2/11/2026": "Give a day of October 2026.",
        "in the autumn": "Write the day as 31/3/2027.",
        "": "Write the day of the session.",
    }.items():
        refused = await asked.confirm(page, day)
        assert (refused.status_code, 'href="#on-1"' in refused.text) == (422, True)
        assert words in refused.text
        assert f'value="{day}"' in refused.text
    assert len(await asked.facts()) == 1


async def test_a_day_in_the_second_field_is_wrong_there(shared: LivePlenary) -> None:
    asked = await Asked.sessions(shared)
    page = await asked.page()
    refused = await asked.confirm(page, "", "1/9/2026")
    assert (refused.status_code, 'href="#on-2"' in refused.text, 'href="#on-1"' in refused.text) == (422, True, False)
    twice = await asked.confirm(page, "5/10/2026", "5/10/2026")
    assert (twice.status_code, "is given twice" in twice.text) == (422, True)
    assert await asked.facts() == []


async def test_of_one_day_confirmed_by_two_people_at_a_time_one_is_recorded(shared: LivePlenary) -> None:
    asked = await Asked.sessions(shared, mailed=False)
    people = {"named_lead": "Lena Lead", "practice_manager": "Mina Moor"}
    for role, name in people.items():
        person = await shared.make_person(name, tenant=asked.tenant, email=f"{role}@{asked.practice}.example")
        await give_post(shared, asked.tenant, person, role, practice=asked.practice)
    await asked.ask()
    links = {name: link_in(mails_to(shared, f"{role}@{asked.practice}.example")[-1]) for role, name in people.items()}
    forms = {
        name: Page((await asked.browser.get(link)).text).filled("confirm", name=name, on="5/10/2026")
        for name, link in links.items()
    }
    answers = await asyncio.gather(*(asked.browser.post(links[name], data=form) for name, form in forms.items()))
    assert sorted(answer.status_code for answer in answers) in ([200, 409], [200, 422])
    assert [fact["on"] for fact in await asked.facts()] == [OCTOBER]


async def test_scanners_that_follow_links_and_submit_forms_record_nothing(shared: LivePlenary) -> None:
    asked = await Asked.sessions(shared)
    page = await asked.page()
    for _ in range(3):
        assert (await asked.browser.get(asked.link)).status_code == 200
    for typed in ({"name": ""}, {"name": "test"}, {"name": "test@example.com"}):
        assert (await asked.confirm(page, "5/10/2026", **typed)).status_code == 422
    nonsense: list[dict[str, Any]] = [
        {}, {"on": "5/10/2026"}, {"choice": "confirm"}, page.filled("confirm"), {"on": ["5/10/2026"] * 40},
    ]  # fmt: skip
    for sent in nonsense:
        assert (await asked.browser.post(asked.link, data=sent)).status_code == 422
    assert await asked.facts() == []
    assert (await asked.confirm(page, "5/10/2026")).status_code == 200


async def test_the_link_dies_with_what_it_was_sent_to(shared: LivePlenary) -> None:
    asked = await Asked.sessions(shared)
    page, link = await asked.page(), asked.link
    await shared.execute("DELETE FROM mailbox", tenant=shared.tenants[asked.tenant])
    assert ((await asked.browser.get(link)).status_code, (await asked.confirm(page, "5/10/2026")).status_code) == (
        410, 410
    )  # fmt: skip
    assert await asked.facts() == []


async def test_all_that_counts_was_recorded_meanwhile_and_the_page_says_so(shared: LivePlenary) -> None:
    asked = await Asked.sessions(shared)
    facts = [a_fact(asked.practice, "a", OCTOBER), a_fact(asked.practice, "b", "2026-10-12")]
    assert (await asked.office.post(f"{asked.scheme}/facts", json={"facts": facts})).is_success
    opened = await asked.browser.get(asked.link)
    assert opened.status_code == 410
    assert "All sessions of October 2026 that count are recorded: 5 October 2026, 12 October 2026." in opened.text


async def test_a_practice_is_asked_once_a_month_and_only_where_something_is_missing(shared: LivePlenary) -> None:
    asked = await Asked.sessions(shared, mailed=False)
    box = MAILBOX.format(asked.practice)

    async def letters() -> int:
        return len([mail for mail in mails_to(shared, box) if mail["Subject"].startswith("Which sessions")])

    await asked.ask(date(2026, 11, 8))
    assert await letters() == 0
    for day in (1, 2, 7):
        await asked.ask(date(2026, 11, day))
    assert await letters() == 1
    december = [a_fact(asked.practice, name, f"2026-11-0{name}") for name in ("2", "9")]
    assert (await asked.office.post(f"{asked.scheme}/facts", json={"facts": december})).is_success
    await asked.ask(date(2026, 12, 1))
    assert await letters() == 1


async def test_nobody_is_asked_where_sessions_are_meetings_or_none_are_paid(shared: LivePlenary) -> None:
    met = await Asked.sessions(shared, mailed=False)
    meeting = {
        "title": "Leads", "purpose": "Their monthly meeting.", "level": "commissioner", "measure": "lead_session",
        "scheme": met.scheme.rsplit("/", 1)[1], "starts_at": "2026-11-03T12:00:00Z", "ends_at": "2026-11-03T14:00:00Z",
    }  # fmt: skip
    admin = await shared.as_role("commissioner_admin", tenant=met.tenant)
    made = [await each.post("/v1/meetings", json=meeting) for each in (admin, met.office)]
    assert any(answer.is_success for answer in made), made[0].text
    per_head = await Asked.sessions(shared, mailed=False, definition=PER_HEAD)
    for asked in (met, per_head):
        await asked.ask()
        assert await shared.fetch("SELECT 1 FROM session_request", tenant=shared.tenants[asked.tenant]) == []


async def test_where_no_month_is_capped_several_days_can_be_given(shared: LivePlenary) -> None:
    definition = SESSIONS | {"measures": {"sessions": {"kind": "count", "fact": "lead_session"}}}
    asked = await Asked.sessions(shared, definition=definition)
    page = await asked.page()
    assert len([field for field in page.fields() if field["name"] == "on"]) == 5
    assert (await asked.confirm(page, "1/10/2026", "2/10/2026", "3/10/2026")).status_code == 200
    assert len(await asked.facts()) == 3


async def test_wrong_names_after_the_answer_show_it_and_alarm_nobody(shared: LivePlenary) -> None:
    asked = await Asked.sessions(shared)
    page = await asked.page()
    assert (await asked.confirm(page, "5/10/2026")).status_code == 200
    answers = [await asked.confirm(page, "5/10/2026", name=f"Nobody {number}") for number in range(10)]
    assert {answer.status_code for answer in answers} == {410}
    assert all("1 session of your practice: 5 October 2026" in answer.text for answer in answers)
    assert await asked.audited("action_link.locked") == []
