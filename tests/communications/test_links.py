"""Answers by the link in a mail: a practice needs a mailbox and a browser, and nothing else."""

import asyncio
from datetime import date, timedelta

import pytest

from tests.factories.communications import give_mailbox, give_post, publish
from tests.factories.forums import Ground
from tests.factories.links import MAILBOX, Asked, Page, link_in, mails_to
from tests.factories.schemes_over_http import YEAR, a_live_scheme
from tests.factories.service import TODAY, LivePlenary


async def test_the_page_says_what_is_offered_and_what_it_earns_and_is_fit_for_every_reader(shared: LivePlenary) -> None:
    asked = await Asked.offer(shared)
    answer = await asked.browser.get(asked.link)
    page = Page(answer.text)
    assert "Offer: A named lead in every practice" in page.text
    assert "Expected £7,200.00" in page.text
    assert "Two sessions a month. lead-time : Pays 300.00 for each session" in page.text
    assert [tag for tag, _ in page.tags].count("h1") == 1
    assert ("html", {"lang": "en-GB"}) in page.tags
    labelled = {known["for"] for tag, known in page.tags if tag == "label"}
    assert {field["id"] for field in page.fields()} == labelled
    assert not [tag for tag, _ in page.tags if tag in ("script", "img", "link", "iframe")]
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert "noindex" in answer.headers["X-Robots-Tag"]


async def test_an_offer_is_accepted_once_by_whoever_typed_their_name(shared: LivePlenary) -> None:
    asked = await Asked.offer(shared)
    page = await asked.page()
    first = await asked.accept(page, name=" dr  WREN, Adá ", signatory="Dr Ben Oak")
    again = await asked.accept(page, name=" dr  WREN, Adá ", signatory="Dr Ben Oak")
    assert (first.status_code, again.status_code) == (200, 200)
    assert (
        "has accepted the offer of A named lead in every practice. It is expected to earn £7,200.00 by it in all."
        in first.text
    )
    part = await asked.part()
    assert part["state"] == "accepted"
    assert part["signatory"] == {"name": "Dr Ben Oak", "capacity": "authorised"}
    [entry] = await asked.audited("offer.accepted")
    [wren] = await shared.fetch("SELECT id FROM person WHERE name = 'Ada Wren'", tenant=shared.tenants[asked.tenant])
    assert (entry["via"], entry["person_id"], entry["credential_id"]) == ("link", wren["id"], None)
    other = await asked.accept(page, signatory="Somebody Else")
    assert (other.status_code, (await asked.browser.get(asked.link)).status_code) == (410, 410)


async def test_an_offer_is_declined_with_a_reason(shared: LivePlenary) -> None:
    asked = await Asked.offer(shared)
    page = await asked.page()
    empty = await asked.browser.post(asked.link, data=page.filled("decline", name="Ada Wren"))
    assert empty.status_code == 422
    assert 'href="#reason"' in empty.text
    assert 'value="Ada Wren"' in empty.text
    done = await asked.browser.post(
        asked.link, data=page.filled("decline", name="Ada Wren", reason="Nobody is free on Wednesdays.")
    )
    assert (done.status_code, (await asked.part())["state"]) == (200, "declined")
    assert "Your practice has declined the offer." in (await asked.browser.get(asked.link)).text


async def test_scanners_that_follow_links_and_submit_forms_change_nothing(shared: LivePlenary) -> None:
    asked = await Asked.offer(shared)
    page = await asked.page()
    for _ in range(3):
        assert (await asked.browser.get(asked.link)).status_code == 200
    assert (await asked.browser.head(asked.link)).status_code in (200, 405)
    for sent in (
        page.filled("accept"),
        page.filled("decline"),
        page.filled("accept", name="test", signatory="test", capacity="authorised"),
        dict.fromkeys(("name", "signatory", "capacity", "reason", "text", "choice", "digest"), "test@example.com"),
        {},
    ):
        assert (await asked.browser.post(asked.link, data=sent)).status_code == 422
    assert (await asked.browser.post(asked.link, json={"name": "Ada Wren"})).status_code in (415, 422)
    assert (await asked.part())["state"] == "offered"
    assert (await asked.accept(page)).status_code == 200


async def test_ten_wrong_names_lock_the_link_and_the_office_is_told(shared: LivePlenary) -> None:
    asked = await Asked.offer(shared)
    admin = await shared.make_person("Olive Office", tenant=asked.tenant)
    await shared.make_key("commissioner_admin", tenant=asked.tenant, person=admin)
    page = await asked.page()
    for number in range(10):
        wrong = await asked.accept(page, name=f"Nobody {number}")
    assert (wrong.status_code, (await asked.accept(page)).status_code) == (410, 410)
    await shared.work()
    [mail] = mails_to(shared, "olive.office@example.nhs.uk")
    assert mail["Subject"] == "A link in a mail is locked"


async def test_two_people_of_one_name_are_not_guessed_between(shared: LivePlenary) -> None:
    asked = await Asked.offer(shared)
    namesake = await shared.make_person("Ada Wren", tenant=asked.tenant, email="other.wren@example.nhs.uk")
    await give_post(shared, asked.tenant, namesake, "staff", practice=asked.practice)
    answer = await asked.accept(await asked.page())
    assert (answer.status_code, (await asked.part())["state"]) == (422, "offered")


async def test_the_mail_to_a_person_is_answered_by_that_person_alone(shared: LivePlenary) -> None:
    asked = await Asked.offer(shared)
    manager = await shared.make_person("Mina Moor", tenant=asked.tenant)
    await give_post(shared, asked.tenant, manager, "practice_manager", practice=asked.practice)
    path = await a_live_scheme(asked.office, code="SECOND", title="A second scheme")
    await asked.office.post(f"{path}/offers", json={"practices": [asked.practice], "respond_by": "2026-12-24"})
    await shared.work()
    link = link_in(mails_to(shared, "mina.moor@example.nhs.uk")[-1])
    page = Page((await asked.browser.get(link)).text)
    form = page.filled("accept", capacity="authorised")
    assert (await asked.browser.post(link, data=form | {"name": "Ada Wren"})).status_code == 422
    assert (await asked.browser.post(link, data=form | {"name": "mina moor"})).status_code == 200


async def test_of_two_submits_at_a_time_one_is_done_and_both_are_told(shared: LivePlenary) -> None:
    asked = await Asked.offer(shared)
    page = await asked.page()
    answers = await asyncio.gather(*(asked.accept(page) for _ in range(4)))
    assert [answer.status_code for answer in answers] == [200] * 4
    assert len(await asked.audited("offer.accepted")) == 1


async def test_an_offer_that_changed_comes_back_with_its_new_words_and_is_not_accepted(shared: LivePlenary) -> None:
    asked = await Asked.offer(shared)
    page = await asked.page()
    definition = (await asked.office.get(f"{asked.scheme}/versions/1")).json()["definition"]
    definition["pay"]["rate"] = "250.00"
    body = {"applies": YEAR, "definition": definition, "reason": "A lower rate."}
    made = await asked.office.post(f"{asked.scheme}/versions", json=body)
    published = await asked.office.post(
        f"{asked.scheme}/versions/2/publish", headers={"If-Match": made.headers["ETag"]}
    )
    assert published.status_code == 200, published.text
    stale = await asked.accept(page)
    assert (stale.status_code, (await asked.part())["state"]) == (409, "offered")
    fresh = Page(stale.text)
    assert "Expected £6,000.00" in fresh.text
    assert "has changed since you opened the page" in fresh.text
    assert (await asked.accept(fresh)).status_code == 200


@pytest.mark.parametrize(
    "end",
    [
        "UPDATE mailbox SET email = 'new@elsewhere.example' WHERE practice = $1",
        "DELETE FROM mailbox WHERE practice = $1",
        "UPDATE register_membership SET valid_until = '2026-11-01' WHERE practice = $1",
        "UPDATE delivery SET state = 'suppressed' WHERE practice = $1",
    ],
)
async def test_the_link_dies_with_what_it_was_sent_to(shared: LivePlenary, end: str) -> None:
    asked = await Asked.offer(shared)
    page, link = await asked.page(), asked.link
    if "register" in end:
        await shared.platform.execute(end, asked.practice)
    else:
        await shared.execute(end, asked.practice, tenant=shared.tenants[asked.tenant])
    assert ((await asked.browser.get(link)).status_code, (await asked.accept(page)).status_code) == (410, 410)
    assert (await asked.part())["state"] == "offered"


async def test_the_link_of_a_person_dies_with_the_post(shared: LivePlenary) -> None:
    tenant = await shared.fresh_tenant()
    await shared.make_practice("ZZ4301", tenant)
    manager = await shared.make_person("Mina Moor", tenant=tenant, email="mina@moor.example")
    await give_post(shared, tenant, manager, "practice_manager", practice="ZZ4301")
    await publish(shared, tenant, audience={"roles": ["practice_manager"]}, must_acknowledge_by="2026-12-01")
    link, browser = link_in(mails_to(shared, "mina@moor.example")[-1]), shared.client(None)
    page = Page((await browser.get(link)).text)
    await shared.execute("UPDATE post SET valid_until = $1", TODAY, tenant=shared.tenants[tenant])
    answer = await browser.post(link, data=page.filled("acknowledge", name="Mina Moor"))
    assert answer.status_code == 410


async def test_the_link_to_an_announcement_dies_for_whoever_changed_to_a_post_that_it_is_not_for(
    shared: LivePlenary,
) -> None:
    tenant = await shared.fresh_tenant()
    await shared.make_practice("ZZ4303", tenant)
    manager = await shared.make_person("Mina Moor", tenant=tenant, email="mina@zz4303.example")
    await give_post(shared, tenant, manager, "practice_manager", practice="ZZ4303")
    await publish(shared, tenant, audience={"roles": ["practice_manager"]}, must_acknowledge_by="2026-12-01")
    link, browser = link_in(mails_to(shared, "mina@zz4303.example")[-1]), shared.client(None)
    page = Page((await browser.get(link)).text)
    await shared.execute("UPDATE post SET role = 'staff'", tenant=shared.tenants[tenant])
    done = await browser.post(link, data=page.filled("acknowledge", name="Mina Moor"))
    assert ((await browser.get(link)).status_code, done.status_code) == (410, 410)


async def test_an_announcement_is_acknowledged_from_a_mailbox_and_counted(shared: LivePlenary) -> None:
    tenant = await shared.fresh_tenant()
    await shared.make_practice("ZZ4302", tenant)
    nurse = await shared.make_person("Ada Wren", tenant=tenant, email="ada@wren.example")
    await give_post(shared, tenant, nurse, "nurse", practice="ZZ4302")
    await give_mailbox(shared, tenant, "ZZ4302", "surgery@zz4302.example")
    which = await publish(shared, tenant, audience={"roles": ["named_lead"]}, must_acknowledge_by="2026-12-01")
    link, browser = link_in(mails_to(shared, "surgery@zz4302.example")[-1]), shared.client(None)
    page = Page((await browser.get(link)).text)
    assert "by 1 December 2026" in page.text
    done = await browser.post(link, data=page.filled("acknowledge", name="Ada Wren"))
    assert done.status_code == 200, done.text
    editor = await shared.as_role("editor", tenant=tenant)
    assert (await editor.get(f"/v1/announcements/{which}")).json()["counts"]["acknowledged"] == 1


async def test_an_issue_is_answered_by_link_under_the_rules_of_the_api(shared: LivePlenary) -> None:
    tenant = await shared.fresh_tenant()
    ground = Ground(shared, tenant, await shared.as_role("forum_coordinator", tenant=tenant), [])
    [practice] = await ground.more_practices(1)
    nurse = await shared.make_person("Ada Wren", tenant=tenant)
    await give_post(shared, tenant, nurse, "nurse", practice=practice)
    await give_mailbox(shared, tenant, practice, MAILBOX.format(practice))
    await ground.issue(await ground.forum())
    await shared.work()
    [mail] = mails_to(shared, MAILBOX.format(practice))
    link, browser = link_in(mail), shared.client(None)
    page = Page((await browser.get(link)).text)
    assert "Raised by Patients" in page.text
    form = page.filled("answer", name="Ada Wren", decision="planned", text="A queue display is on order.")
    patient = await browser.post(link, data=form | {"text": "Tell 943 476 5919 to call."})
    assert patient.status_code == 422
    bad = await browser.post(link, data=form | {"due_on": "next spring"})
    assert (bad.status_code, 'href="#due_on"' in bad.text) == (422, True)
    assert (await browser.post(link, data=form | {"due_on": "31/3/2027"})).status_code == 200
    assert "Your practice has answered: Planned, by 31 March 2027." in (await browser.get(link)).text
    rows = await shared.fetch("SELECT * FROM issue_response", tenant=shared.tenants[tenant])
    assert [(row["decision"], row["due_on"], row["by_person"]) for row in rows] == [
        ("planned", date(2027, 3, 31), nurse)
    ]


async def test_a_link_says_what_to_do_when_it_is_old_broken_or_anothers(shared: LivePlenary) -> None:
    asked, other = await Asked.offer(shared), await Asked.offer(shared)
    link, page = asked.link, await asked.page()
    token = link.removeprefix("/a/")
    last = "A" if token[-1] != "A" else "E"
    for forged in (
        token[:-1] + last,
        token[1:],
        "x" * 71,
        other.link.removeprefix("/a/")[:22] + token[22:],
        "%00",
        "🙂",
    ):
        answer = await asked.browser.get(f"/a/{forged}")
        assert answer.status_code == 404, forged
    assert "This link does not work" in (await asked.browser.get("/a/nonsense")).text
    assert (await asked.browser.get(f"/u/{token}")).status_code == 404
    shared.clock.instant += timedelta(days=14)
    try:
        assert (await asked.browser.get(link)).status_code == 410
        assert "too old" in (await asked.accept(page)).text
    finally:
        shared.clock.instant -= timedelta(days=14)
