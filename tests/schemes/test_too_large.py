"""A value that one practice recorded and that is too large to be right hides nobody else's figures."""

from typing import Any

import pytest

from tests.factories.schemes import SESSIONS
from tests.factories.schemes_over_http import a_fact, a_live_scheme, a_tenant, sign_up
from tests.factories.service import LivePlenary

UNCAPPED: dict[str, Any] = {
    "language": 1,
    "measures": {"sessions": {"kind": "count", "fact": "lead_session"}},
    "pay": {**SESSIONS["pay"], "rate": "1000000.00"},
}
SENTENCE = "For this practice no figure can be given: a value that is recorded for it is too large to be right."


@pytest.fixture(name="office")
async def an_office(shared: LivePlenary) -> tuple[Any, Any, str, str, str]:
    """The office, the practice that slipped, and the path of the scheme; both practices have a fact."""
    tenant, (slipped, other) = await a_tenant(shared, "1", "2")
    manager = await shared.as_role("scheme_manager", tenant=tenant)
    path = await a_live_scheme(manager, UNCAPPED)
    await sign_up(manager, path, slipped, other)
    own = await shared.as_role("practice_manager", tenant=tenant, practice=slipped)
    facts = [a_fact(slipped, "a", on="2026-11-06", value="1000000000")]
    assert (await own.post(f"{path}/facts", json={"facts": facts})).status_code == 201
    facts = [a_fact(other, "b", on="2026-05-06", value="2")]
    assert (await manager.post(f"{path}/facts", json={"facts": facts})).status_code == 201
    return manager, own, path, slipped, other


async def test_the_office_sees_the_figures_of_the_others(shared: LivePlenary, office: Any) -> None:
    manager, _, path, slipped, other = office
    budget = (await manager.get(f"{path}/budget", params={"on": "2026-09-30"})).json()
    assert (budget["entitled"], budget["not_worked_out"]) == ("2000000.00", [slipped])
    check = (await manager.post(f"{path}/versions/1/check")).json()
    assert (check["valid"], check["cost"]["expected"], check["practices"]) == (True, "2000000.00", 1)
    assert check["not_worked_out"] == [slipped]
    accepted = await manager.post(f"{path}/versions/1/simulate")
    await shared.work()
    made = (await manager.get(accepted.headers["Location"])).json()["result"]["simulation"]
    simulation = (await manager.get(f"{path}/versions/1/simulations/{made}")).json()
    assert [each["practice"] for each in simulation["practices"]] == [other]
    assert simulation["not_worked_out"] == [slipped]


async def test_the_practice_is_told_that_what_it_recorded_is_too_large(shared: LivePlenary, office: Any) -> None:
    _, own, path, slipped, _ = office
    query = {"practice": slipped, "period": "2026-10-01/2027-01-01"}
    figure = (await own.get(f"{path}/entitlement", params=query)).json()
    assert (figure["so_far"]["total"], figure["expected"]) == ("0.00", None)
    assert "too large to be right" in figure["explanation"]
    assert SENTENCE in (await own.get(f"{path}/versions/1/in-words")).text
    [money] = (await own.get(f"/v1/practices/{slipped}/today")).json()["money"]
    assert money["expected"] is None
    assert "too large to be right" in money["sentence"]
