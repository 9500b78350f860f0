"""Simulations: what a version would pay, looked at before anybody is asked."""

import csv
import io
import xml.etree.ElementTree as ET
from decimal import Decimal
from fractions import Fraction
from typing import Any

import httpx
import pytest

from app.schemes.rules.picture import bars, simulation_picture
from app.schemes.service import simulating
from app.schemes.values import PracticeRange, SimulatedPractice
from tests.factories.schemes import PER_HEAD
from tests.factories.schemes_over_http import SCHEME, YEAR, a_live_scheme, a_tenant
from tests.factories.service import LivePlenary

SVG = "{http://www.w3.org/2000/svg}"


async def simulated(shared: LivePlenary, manager: httpx.AsyncClient, version: str, **body: Any) -> str:
    """The path of a simulation that has been worked out."""
    asked = await manager.post(f"{version}/simulate", json=body)
    assert asked.status_code == 202, asked.text
    await shared.work()
    done = (await manager.get(asked.headers["Location"])).json()
    assert (done["status"], done["result"]) == ("succeeded", asked.json()["result"]), done
    assert done["progress"]["done"] == done["progress"]["total"]
    return f"{version}/simulations/{done['result']['simulation']}"


def at_rate(rate: str) -> dict[str, Any]:
    return {**PER_HEAD, "pay": {**PER_HEAD["pay"], "rate": rate}}


async def test_a_simulation_has_each_practice_the_totals_the_spread_and_the_budget(shared: LivePlenary) -> None:
    tenant, (small,) = await a_tenant(shared, "1", registered="2500", rural=True, dispensing=True, imd_decile=3)
    large = f"{small[:-1]}2"
    await shared.make_practice(large, tenant, registered="7500", rural=False)
    manager = await shared.as_role("scheme_manager", tenant=tenant)
    path = await a_live_scheme(manager, at_rate("3.00"))
    found = (await manager.get(await simulated(shared, manager, f"{path}/versions/1"))).json()
    assert [(each["practice"], each["expected"], each["budget"]) for each in found["practices"]] == [
        (small, "7500.00", "5000.00"),
        (large, "22500.00", "15000.00"),
    ]
    whole = {"least": "30000.00", "expected": "30000.00", "most": "30000.00"}
    assert found["totals"] == {
        "group": "all",
        "practices": 2,
        **whole,
        "patients": "10000",
        "per_patient": "3.00",
        "change": None,
    }
    assert (found["budget"], found["exceeds_budget"], found["difference"]) == ("20000.00", True, None)
    groups = {name: [each["group"] for each in spread] for name, spread in found["spread"].items()}
    assert groups == {
        "list_size": ["0 to 2,999", "6,000 to 9,999"],
        "rurality": ["not rural", "rural"],
        "dispensing": ["dispensing", "unknown"],
        "deprivation": ["decile 3", "unknown"],
    }


async def test_a_simulation_says_who_gains_and_who_loses_and_is_a_sheet_and_a_picture(shared: LivePlenary) -> None:
    tenant, (small,) = await a_tenant(shared, "1", registered="2500")
    large = f"{small[:-1]}2"
    await shared.make_practice(large, tenant, registered="7500")
    manager = await shared.as_role("scheme_manager", tenant=tenant)
    path = await a_live_scheme(manager)
    await manager.post(f"{path}/versions", json={"applies": YEAR, "definition": PER_HEAD, "reason": "By heads."})
    simulation = await simulated(shared, manager, f"{path}/versions/2")
    found = (await manager.get(simulation)).json()
    # 2.00 a head instead of two sessions a month at 300.00.
    assert [(each["practice"], each["change"]["expected"]) for each in found["practices"]] == [
        (small, "-2200.00"),
        (large, "7800.00"),
    ]
    assert (found["difference"]["gaining"], found["difference"]["losing"]) == (1, 1)
    sheet = await manager.get(simulation, headers={"Accept": "text/csv"})
    rows = list(csv.DictReader(io.StringIO(sheet.text)))
    assert [(row["practice"], row["expected"], row["change_expected"]) for row in rows] == [
        (small, "5000.00", "-2200.00"),
        (large, "15000.00", "7800.00"),
    ]
    picture = await manager.get(simulation, headers={"Accept": "image/svg+xml"})
    drawn = ET.fromstring(picture.text)
    assert drawn.findtext(f"{SVG}title") == f"{SCHEME['title']}: version 2"
    assert "in all 1 gain, 1 lose and 0 stay the same" in (drawn.findtext(f"{SVG}desc") or "")
    listed = (await manager.get(f"{path}/versions/2/simulations")).json()["data"]
    assert [(each["id"], each["practices"]) for each in listed] == [(found["id"], 2)]


async def test_a_simulation_is_compared_with_another_scheme_where_one_is_named(shared: LivePlenary) -> None:
    tenant, (practice,) = await a_tenant(shared, "1", registered="1000")
    manager = await shared.as_role("scheme_manager", tenant=tenant)
    last = await a_live_scheme(manager, at_rate("1.50"), code="LAST")
    path = await a_live_scheme(manager, at_rate("2.00"), code="NEXT")
    against = last.rpartition("/")[2]
    found = (await manager.get(await simulated(shared, manager, f"{path}/versions/1", against=against))).json()
    assert (found["difference"]["scheme"], found["difference"]["version"]) == (against, 1)
    assert [(each["practice"], each["change"]["expected"]) for each in found["practices"]] == [(practice, "500.00")]
    draft = (await manager.post("/v1/incentive-schemes", json=SCHEME)).json()["id"]
    refused = await manager.post(f"{path}/versions/1/simulate", json={"against": draft})
    assert (refused.status_code, refused.json()["code"]) == (409, "schemes.not_published")


async def test_a_simulation_stays_that_of_the_words_it_was_made_from(shared: LivePlenary) -> None:
    tenant, _ = await a_tenant(shared, "1", registered="1000")
    manager = await shared.as_role("scheme_manager", tenant=tenant)
    path = (await manager.post("/v1/incentive-schemes", json=SCHEME)).headers["Location"]
    draft = {"applies": YEAR, "definition": at_rate("2.00"), "reason": "First."}
    version = f"{path}/versions/1"
    await manager.post(f"{path}/versions", json=draft)
    simulation = await simulated(shared, manager, version)
    before = await manager.get(simulation)
    assert before.json()["words_digest"] == (await manager.get(f"{version}/in-words")).headers["Words-Digest"]
    await manager.put(version, json={**draft, "definition": at_rate("9.00")}, headers={"If-Match": "*"})
    assert (await manager.get(simulation)).json() == before.json()
    assert before.json()["words_digest"] != (await manager.get(f"{version}/in-words")).headers["Words-Digest"]


def test_bars_have_one_round_width_and_hold_everybody() -> None:
    found = bars([Fraction(110), Fraction(115), Fraction(134)])
    assert [(bar.low, bar.high, bar.practices) for bar in found] == [
        (110, 115, 1),
        (115, 120, 1),
        (120, 125, 0),
        (125, 130, 0),
        (130, 135, 1),
    ]
    assert bars([]) == []


def test_a_practice_far_off_stands_in_the_bar_at_the_end() -> None:
    usual = [Fraction(100 + each % 10) for each in range(99)]
    found = bars([*usual, Fraction(100_000)])
    assert (found[0].span, found[-1].span) == ("from 1.00 to less than 1.01", "1.09 and more")
    assert sum(bar.practices for bar in found) == 100


def test_the_picture_escapes_its_title_and_leaves_practices_without_a_list_to_words() -> None:
    one = SimulatedPractice(PracticeRange("ZZ0001", 0, 500, None, None), None, None, None, None, None)
    other = SimulatedPractice(PracticeRange("ZZ0002", 0, 500, None, None), None, Decimal(100), None, None, None)
    drawn = ET.fromstring(simulation_picture("<script>alert(1)</script>", [one, other]))
    assert drawn.findtext(f"{SVG}title") == "<script>alert(1)</script>"
    assert list(drawn.iter(f"{SVG}script")) == []
    assert drawn.findtext(f"{SVG}desc") == (
        "Practices by expected pounds for each patient: 1 practice from 0.05 to less than 0.06. 1 practice without a list not shown."
    )


async def test_a_fourth_simulation_at_once_is_refused_and_the_others_are_named(shared: LivePlenary) -> None:
    tenant, _ = await a_tenant(shared, "1", registered="2500")
    manager = await shared.as_role("scheme_manager", tenant=tenant)
    path, other = await a_live_scheme(manager), await a_live_scheme(manager, code="OTHER")
    asked = [await manager.post(f"{path}/versions/1/simulate") for _ in range(3)]
    assert [each.status_code for each in asked] == [202, 202, 202]
    refused = await manager.post(f"{path}/versions/1/simulate")
    assert (refused.status_code, refused.json()["code"]) == (409, "schemes.too_many_simulations")
    assert all(f"version 1 (queued, {each.headers['Location']})" in refused.json()["detail"] for each in asked)
    assert (await manager.post(f"{other}/versions/1/simulate")).status_code == 202
    await shared.work()
    assert (await manager.post(f"{path}/versions/1/simulate")).status_code == 202


@pytest.mark.parametrize("is_shared", [False, True])
async def test_a_simulation_of_several_parts_is_whole_and_shares_a_pot_once(
    shared: LivePlenary, monkeypatch: pytest.MonkeyPatch, is_shared: bool
) -> None:
    """Parts of two practices; what all share is worked out in one."""
    monkeypatch.setattr(simulating, "CHUNK", 2)
    tenant, codes = await a_tenant(shared, *"12345", registered="1000")
    manager = await shared.as_role("scheme_manager", tenant=tenant)
    pot = {"type": "pooled", "id": "pot", "budget": "100.00", "rate_per": "period", "weight": "list"}
    path = await a_live_scheme(manager, {**PER_HEAD, "pay": pot} if is_shared else PER_HEAD)
    found = (await manager.get(await simulated(shared, manager, f"{path}/versions/1"))).json()
    each = "20.00" if is_shared else "2000.00"
    assert [(one["practice"], one["expected"]) for one in found["practices"]] == [(code, each) for code in codes]
    assert found["totals"]["expected"] == ("100.00" if is_shared else "10000.00")
