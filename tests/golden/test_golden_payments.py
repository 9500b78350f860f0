"""Published amounts and cases worked out from published rules, by the calculator and by the stored route: the same pence."""

import pytest

from tests.factories import schemes
from tests.factories.service import LivePlenary
from tests.golden.cases import (
    CASES,
    OVERLAPPING,
    PUBLISHED,
    REFUSED,
    STORED_ONLY,
    Case,
    expected,
    published_cases,
)
from tests.golden.routes import by_calculator, by_the_stored_route


def test_every_golden_case_is_written_once() -> None:
    written = [*(case.id for case in CASES), *PUBLISHED, REFUSED, STORED_ONLY]
    assert sorted(written) == sorted(expected())


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
async def test_the_calculator_pays_the_pence_of(shared: LivePlenary, case: Case) -> None:
    client = await shared.as_role("platform_admin", tenant="PLATFORM")
    assert case.figure(await by_calculator(client, case)) == expected()[case.id]


async def test_the_calculator_pays_real_lists_of_2014_15(shared: LivePlenary) -> None:
    client = await shared.as_role("scheme_manager", tenant=await shared.fresh_tenant())
    for case in published_cases():
        assert case.figure(await by_calculator(client, case)) == expected()[case.id]


async def test_schemes_that_are_stored_run_and_read_back_pay_the_same_pence(shared: LivePlenary) -> None:
    cases = [*CASES, *published_cases()]
    pays = await by_the_stored_route(shared, cases)
    assert {case.id: case.figure(pays[case.id]) for case in cases} == {case.id: expected()[case.id] for case in cases}


async def test_printed_bands_that_both_hold_eight_are_refused_everywhere(shared: LivePlenary) -> None:
    assert expected()[REFUSED] == [330_000, 412_500]
    tenant = await shared.fresh_tenant()
    manager = await shared.as_role("scheme_manager", tenant=tenant)
    async with shared.session(tenant) as session:
        scheme = await schemes.a_scheme(session)
    period = {"from": "2026-04-01", "until": "2027-04-01"}
    asked = {"definition": OVERLAPPING, "practices": [{"code": "ZZL05A", "registered": "8250"}], "period": period}
    version = {"applies": period, "definition": OVERLAPPING, "reason": "As printed."}
    for path, body in (("calculator", asked), (f"incentive-schemes/{scheme}/versions", version)):
        refused = await manager.post(f"/v1/{path}", json=body)
        assert refused.status_code == 422
        assert [(each["pointer"], each["code"]) for each in refused.json()["errors"]] == [
            ("/definition/pay/bands", "calculation.bands_overlap")
        ]
