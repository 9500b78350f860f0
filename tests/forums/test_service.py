"""What other slices and workers ask of forums, under the worker's own login."""

from collections.abc import AsyncIterator
from uuid import UUID

import pytest

from app.core.db import Tx, unit_of_work
from app.forums import service
from app.forums.values import IssueState, LadderLevel, Voice
from tests.factories.forums import CONSENT, Ground, make_ground
from tests.factories.service import NOW, TODAY, LivePlenary


@pytest.fixture
async def ground(shared: LivePlenary) -> Ground:
    return await make_ground(shared)


@pytest.fixture
async def worker(ground: Ground) -> AsyncIterator[Tx]:
    async with unit_of_work(ground.live.tools.worker_engine, ground.tenant_id) as session:
        yield session


def id_of(address: str) -> UUID:
    return UUID(address.rpartition("/")[2])


async def test_open_issues_of_a_practice_come_with_those_that_wait_for_it_first(ground: Ground, worker: Tx) -> None:
    one, two = ground.practices
    await ground.add_locality(one)
    own = await ground.issue(await ground.forum(level="practice", practice=one))
    wide, answered = await ground.issue(await ground.forum()), await ground.issue(await ground.forum())
    await ground.issue(await ground.forum(), practices=[two])
    await ground.answer(answered, one)
    found = await service.list_open_issues(worker, one, limit=10, now=NOW)
    assert [(issue.id, issue.needs_answer) for issue in found] == [
        (id_of(wide), True),
        (id_of(own), True),
        (id_of(answered), False),
    ]
    assert [issue.id for issue in await service.list_open_issues(worker, one, limit=1, now=NOW)] == [id_of(wide)]


async def test_an_issue_that_climbed_to_the_locality_waits_for_its_practices(ground: Ground, worker: Tx) -> None:
    one, two = ground.practices
    await ground.add_locality(one, two)
    issue = await ground.issue(await ground.forum(level="practice", practice=one))
    before = await service.list_open_issues(worker, two, limit=10, now=NOW)
    await ground.coordinator.post(f"{issue}/escalate", json={})
    after = await service.list_open_issues(worker, two, limit=10, now=NOW)
    assert before == []
    assert [(found.id, found.level) for found in after] == [(id_of(issue), LadderLevel.LOCALITY)]


async def test_whom_a_new_issue_asks_and_who_is_told_of_the_answer(ground: Ground, worker: Tx) -> None:
    one, two = ground.practices
    person = await ground.live.make_person("Joan Ashby", tenant=ground.tenant, email="joan@patients.org")
    forum = await ground.forum()
    for member in ({"name": "Joan Ashby", "email": "joan@patients.org"}, {"name": "Nobody Known"}):
        await ground.coordinator.post(f"/v1/patient-forums/{forum}/members", json=member | {"consent": CONSENT})
    issue = await ground.issue(forum)
    manager = await ground.role("practice_manager", practice=two)
    await manager.post(f"{issue}/support", json={"by": {"type": "practice", "id": two}})
    found = await service.list_followers(worker, id_of(issue))
    ref = await service.get_issue(worker, id_of(issue))
    assert await service.list_asked(worker, id_of(issue), today=TODAY) == [one, two]
    assert (found.practices, found.forums, found.people) == ({two}, {UUID(forum)}, {person})
    assert (ref.level, ref.state, ref.raised_by) == (LadderLevel.COMMISSIONER, IssueState.OPEN, Voice(UUID(forum)))


async def test_a_person_is_exported_and_erased_also_where_only_the_address_is_known(ground: Ground) -> None:
    forum = await ground.forum()
    body = {"name": "Joan Ashby", "email": "joan@patients.org", "consent": CONSENT}
    await ground.coordinator.post(f"/v1/patient-forums/{forum}/members", json=body)
    person = await ground.live.make_person("Joan Ashby", tenant=ground.tenant, email="Joan@patients.org")
    async with ground.live.session(ground.tenant) as session:
        exported = await service.export_person(session, person)
        await service.erase_person(session, person, now=NOW)
    async with ground.live.session(ground.tenant) as session:
        left = await service.export_person(session, person)
    names = await ground.live.fetch("SELECT name, email_key FROM forum_member", tenant=ground.tenant_id)
    assert [(row["forum"], row["name"], row["consented_on"]) for row in exported["memberships"]] == [
        (forum, "Joan Ashby", "2026-10-01")
    ]
    assert (left["memberships"], [tuple(row) for row in names]) == ([], [(None, None)])
