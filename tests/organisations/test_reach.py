"""How far a role reaches among a commissioner's practices."""

from datetime import date
from uuid import UUID

import pytest

from app.core.db import Tx
from app.core.errors import Forbidden
from app.core.ids import new_id
from app.core.principal import Grant, Principal
from app.organisations import service
from app.organisations.errors import LocalityNotFound, PracticeNotFound
from app.organisations.tables import Locality, LocalityMembership
from tests.factories.people import tenant_code
from tests.factories.service import NOW, TODAY, LivePlenary

SCOPE = frozenset({"things:read"})


def caller(db: Tx, *grants: tuple[str, str | None]) -> Principal:
    held = tuple(Grant("some_role", boundary, boundary_id, SCOPE) for boundary, boundary_id in grants)
    return Principal(db.tenant, "ZZ", new_id(), "key", "A key", None, held)


async def a_locality(db: Tx, *codes: str) -> UUID:
    locality = Locality(commissioner_id=db.tenant, code="N", name="North", description=None)
    db.add(locality)
    await db.flush()
    for code in codes:
        db.add(
            LocalityMembership(
                commissioner_id=db.tenant,
                locality_id=locality.id,
                practice=code,
                valid_from=date(2020, 4, 1),
                valid_until=date(2027, 4, 1),
                recorded_at=NOW,
            )
        )
    await db.flush()
    return locality.id


async def test_a_grant_reaches_its_boundary_and_no_further(shared: LivePlenary, db: Tx) -> None:
    north = await a_locality(db, "ZN1", "ZN2")
    everything, one = caller(db, ("commissioner", "ZZ")), caller(db, ("practice", "ZS1"))
    area = caller(db, ("locality", str(north)), ("practice", "ZS1"))
    assert await service.reachable(db, everything, "things:read", on=TODAY) is None
    assert await service.reachable(db, one, "things:read", on=TODAY) == {"ZS1"}
    assert await service.reachable(db, area, "things:read", on=TODAY) == {"ZN1", "ZN2", "ZS1"}
    assert await service.reachable(db, area, "things:read", on=date(2027, 4, 1)) == {"ZS1"}
    assert await service.reachable(db, area, "things:write", on=TODAY) == frozenset()


async def test_a_practice_out_of_reach_is_403_and_another_commissioners_404(shared: LivePlenary, db: Tx) -> None:
    tenant = await tenant_code(db)
    mine, other = f"Z{tenant[2:]}1", f"Z{tenant[2:]}2"
    await shared.make_practice(mine, tenant)
    await shared.make_practice(other, tenant)
    principal = caller(db, ("practice", mine))
    found = await service.require_reach(db, principal, "things:read", mine, on=TODAY)
    assert (found.code, found.name) == (mine, f"Surgery {mine}")
    with pytest.raises(Forbidden):
        await service.require_reach(db, principal, "things:read", other, on=TODAY)
    with pytest.raises(PracticeNotFound):
        await service.require_reach(db, principal, "things:read", "ZNONE1", on=TODAY)


async def test_several_practices_are_reached_together_or_not_at_all(db: Tx) -> None:
    principal = caller(db, ("practice", "ZS1"), ("practice", "ZS2"))
    assert await service.reaches(db, principal, "things:read", "ZS1", "ZS2", on=TODAY)
    assert not await service.reaches(db, principal, "things:read", "ZS1", "ZS3", on=TODAY)
    assert not await service.reaches(db, principal, "things:write", "ZS1", on=TODAY)
    await service.require_reach_to(db, principal, "things:read", "ZS1", "ZS2", on=TODAY)
    with pytest.raises(Forbidden):
        await service.require_reach_to(db, principal, "things:read", "ZS1", "ZS3", on=TODAY)


async def test_a_practice_is_found_in_its_locality_on_a_day(db: Tx) -> None:
    north = await a_locality(db, "ZN2", "ZN1")
    assert await service.practices_in_locality(db, north, on=TODAY) == ["ZN1", "ZN2"]
    assert await service.locality_of(db, "ZN1", on=TODAY) == north
    assert await service.locality_of(db, "ZN1", on=date(2020, 3, 31)) is None
    assert (await service.get_locality(db, north)).name == "North"
    with pytest.raises(LocalityNotFound):
        await service.get_locality(db, new_id())
