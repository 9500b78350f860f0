"""Consultations: the LMC sees a draft from the day it is asked, says what it thinks, and is answered."""

import asyncio
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

import httpx
import pytest

from app.schemes import service
from app.schemes.errors import ConsultationClosed
from tests.factories.communications import mail_of, told
from tests.factories.schemes import ANY_VERSION, NOW, PER_HEAD, SESSIONS
from tests.factories.schemes_over_http import SCHEME, YEAR, a_live_scheme, a_tenant
from tests.factories.service import LivePlenary

ANY = {"If-Match": "*"}
UNTIL = {"until": "2026-12-24"}


@dataclass
class Case:
    tenant: str
    practice: str
    manager: httpx.AsyncClient
    lmc: httpx.AsyncClient
    scheme: str
    version: str


@pytest.fixture
async def case(shared: LivePlenary) -> Case:
    """A draft of a scheme that nobody has been asked about yet."""
    tenant, (practice,) = await a_tenant(shared, "1")
    manager = await shared.as_role("scheme_manager", tenant=tenant)
    lmc = await shared.as_role("lmc_officer", tenant=tenant)
    scheme = (await manager.post("/v1/incentive-schemes", json=SCHEME)).headers["Location"]
    draft = {"applies": YEAR, "definition": PER_HEAD, "reason": "First."}
    version = (await manager.post(f"{scheme}/versions", json=draft)).headers["Location"]
    return Case(tenant, practice, manager, lmc, scheme, version)


async def consult(case: Case, until: str = UNTIL["until"]) -> None:
    asked = await case.manager.post(f"{case.version}/consult", json={"until": until})
    assert (asked.status_code, asked.json()["consultation"]["until"]) == (200, until), asked.text


def refused(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


async def test_the_lmc_sees_a_draft_from_the_consultation_on_and_not_before(shared: LivePlenary, case: Case) -> None:
    simulated = await case.manager.post(f"{case.version}/simulate")
    await shared.work()
    simulation = f"{case.version}/simulations/{simulated.json()['result']['simulation']}"
    reads = [case.scheme, case.version, f"{case.version}/in-words", f"{case.version}/comments", simulation]
    for path in reads:
        assert (await case.lmc.get(path)).status_code == 404, path
    assert (await case.lmc.post(f"{case.version}/check")).status_code == 404
    assert (await case.lmc.post(f"{case.version}/comments", json={"text": "Early."})).status_code == 404
    assert (await case.lmc.get("/v1/incentive-schemes")).json()["data"] == []
    await consult(case)
    for path in reads:
        assert (await case.lmc.get(path)).status_code == 200, path
    assert (await case.lmc.post(f"{case.version}/check")).json()["valid"] is True
    assert len((await case.lmc.get("/v1/incentive-schemes")).json()["data"]) == 1
    assert len((await case.lmc.get(f"{case.scheme}/versions")).json()["data"]) == 1
    second = {"applies": YEAR, "definition": SESSIONS, "reason": "Another idea."}
    hidden = await case.manager.post(f"{case.scheme}/versions", json=second)
    assert (await case.lmc.get(hidden.headers["Location"])).status_code == 404
    assert len((await case.lmc.get(f"{case.scheme}/versions")).json()["data"]) == 1


async def test_a_draft_under_consultation_is_no_more_visible_to_practices(shared: LivePlenary, case: Case) -> None:
    await consult(case)
    practice = await shared.as_role("practice_manager", tenant=case.tenant, practice=case.practice)
    assert (await practice.get(case.version)).status_code == 404
    assert (await practice.get(f"{case.version}/comments")).status_code == 403


async def test_a_comment_is_answered_once_and_stays_with_the_version(shared: LivePlenary, case: Case) -> None:
    await consult(case)
    said = await case.lmc.post(f"{case.version}/comments", json={"text": "Too little for *small* lists."})
    assert said.status_code == 201, said.text
    words = (await case.lmc.get(f"{case.version}/in-words")).headers["Words-Digest"]
    assert (said.json()["words_digest"], said.json()["answer"]) == (words, None)
    comment = said.headers["Location"]
    assert (await case.lmc.post(f"{comment}/answer", json={"text": "No."})).status_code == 403
    answered = await case.manager.post(
        f"{comment}/answer", json={"text": "A floor is added."}, headers={"If-Match": said.headers["ETag"]}
    )
    assert (answered.status_code, answered.json()["answer"]) == (200, "A floor is added.")
    again = await case.manager.post(f"{comment}/answer", json={"text": "Or not."})
    assert refused(again) == (409, "schemes.comment_answered")
    assert (await case.lmc.get(f"{case.version}/comments")).json()["data"] == [answered.json()]
    await shared.work()
    mails = [mail_of(shared, row) for row in await told(shared, case.tenant, "consultation")]
    subjects = sorted(subject for subject, _ in mails)
    assert [subject.partition(":")[0] for subject in subjects] == ["Answer", "Comment", "Consultation"]
    [answer] = [text for subject, text in mails if subject.startswith("Answer")]
    assert "Too little for *small* lists." in answer
    assert "A floor is added." in answer


async def test_what_is_asked_about_neither_changes_nor_is_published_until_the_end(
    shared: LivePlenary, case: Case
) -> None:
    await consult(case)
    draft = {"applies": YEAR, "definition": SESSIONS, "reason": "Changed my mind."}
    replaced = await case.manager.put(case.version, json=draft, headers=ANY)
    assert refused(replaced) == (409, "schemes.consultation_running")
    published = await case.manager.post(f"{case.version}/publish", headers=ANY)
    assert refused(published) == (409, "schemes.consultation_running")
    comment = (await case.lmc.post(f"{case.version}/comments", json={"text": "Good."})).headers["Location"]
    await _end(shared, case)
    late = await case.lmc.post(f"{case.version}/comments", json={"text": "One more thing."})
    assert refused(late) == (409, "schemes.consultation_closed")
    assert (await case.manager.post(f"{case.version}/publish", headers=ANY)).status_code == 200
    answer = await case.manager.post(f"{comment}/answer", json={"text": "Thank you."})
    assert refused(answer) == (409, "schemes.consultation_closed")
    assert (await case.lmc.get(comment)).json()["text"] == "Good."


@pytest.mark.parametrize(("until", "commented", "published"), [("2026-11-23", 201, 409), ("2026-11-22", 409, 200)])
async def test_the_day_before_the_end_is_the_last_to_comment_and_the_end_the_first_to_publish(
    shared: LivePlenary, case: Case, until: str, commented: int, published: int
) -> None:
    await consult(case)
    await _end(shared, case, until)
    comment = await case.lmc.post(f"{case.version}/comments", json={"text": "Good."})
    publish = await case.manager.post(f"{case.version}/publish", headers=ANY)
    assert (comment.status_code, publish.status_code) == (commented, published)


async def test_of_a_closed_scheme_nobody_is_asked_and_nobody_comments(shared: LivePlenary, case: Case) -> None:
    await consult(case)
    await shared.execute("UPDATE scheme SET state = 'closed'", tenant=shared.tenants[case.tenant])
    asked = await case.manager.post(f"{case.version}/consult", json=UNTIL)
    assert refused(asked) == (409, "schemes.closed")
    comment = await case.lmc.post(f"{case.version}/comments", json={"text": "Good."})
    assert refused(comment) == (409, "schemes.closed")


async def test_a_comment_waits_for_the_publication_that_came_before_it_and_is_refused(
    shared: LivePlenary, case: Case
) -> None:
    """Made before midnight of the last day, while somebody publishes just after it."""
    await consult(case, until="2026-11-23")
    scheme, person = UUID(case.scheme.rpartition("/")[2]), await shared.make_person("Dr Lo Mc", tenant=case.tenant)

    async def comment() -> None:
        async with shared.session(case.tenant) as session:
            await service.add_comment(session, scheme, 1, text="Late.", person_id=person, now=NOW)

    async with shared.session(case.tenant) as session:
        await service.publish_version(
            session, scheme, 1, expected=ANY_VERSION, person_id=None, now=NOW + timedelta(days=1)
        )
        said = asyncio.create_task(comment())
        await asyncio.sleep(0.3)
        assert not said.done()
    with pytest.raises(ConsultationClosed):
        await said
    assert (await case.manager.get(f"{case.version}/comments")).json()["data"] == []


async def _end(shared: LivePlenary, case: Case, until: str = "2026-11-01") -> None:
    """As if its last day had passed."""
    over = "UPDATE scheme_version SET consult_until = $1"
    await shared.execute(over, date.fromisoformat(until), tenant=shared.tenants[case.tenant])


async def test_a_consultation_needs_a_day_ahead_and_a_draft_that_could_be_paid(case: Case) -> None:
    past = await case.manager.post(f"{case.version}/consult", json={"until": "2026-11-01"})
    assert refused(past) == (422, "schemes.consultation_too_short")
    assert [error["pointer"] for error in past.json()["errors"]] == ["/until"]
    broken = {"applies": {"from": "2026-04-01", "until": "2027-03-20"}, "definition": PER_HEAD, "reason": "Broken."}
    other = (await case.manager.post(f"{case.scheme}/versions", json=broken)).headers["Location"]
    assert refused(await case.manager.post(f"{other}/consult", json=UNTIL)) == (422, "schemes.version_not_payable")
    live = await a_live_scheme(case.manager, code="LIVE")
    published = await case.manager.post(f"{live}/versions/1/consult", json=UNTIL)
    assert refused(published) == (409, "schemes.version_not_draft")


async def test_the_end_of_a_consultation_may_be_moved_and_the_lmc_is_told_again(
    shared: LivePlenary, case: Case
) -> None:
    await consult(case)
    await shared.work()
    await consult(case, until="2027-01-15")
    await shared.work()
    texts = [mail_of(shared, row)[1] for row in await told(shared, case.tenant, "consultation")]
    assert sorted("15 January 2027" in text for text in texts) == [False, True]
