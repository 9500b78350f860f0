"""The commissioner's spreadsheet, uploaded and worked off."""

from typing import Any

import httpx

from tests.factories.service import LivePlenary

SHEET = """\
Practice code,Role,Name,Email,From,Until,Listed
{code},Practice Manager,Anne Archer,anne@surgery.example,,,yes
{code},CCG Lead,Dr Ben Best,ben@surgery.example,2026-04-01,,
{code},Practice Nurse,Nia Nurse,,2026-04-01,,no
{code},Mailbox,,team@surgery.example,,,
ZNONE1,Practice Manager,Lost Lamb,lost@surgery.example,,,
{code},Astronaut,Major Tom,tom@surgery.example,,,
"""


async def upload(shared: LivePlenary, admin: httpx.AsyncClient, text: str, **form: str) -> Any:
    files = {"file": ("people.csv", text.encode(), "text/csv")}
    answer = await admin.post("/v1/imports", data={"kind": "people"} | form, files=files)
    assert answer.status_code == 202, answer.text
    await shared.work()
    operation = (await admin.get(answer.headers["Location"])).json()
    assert operation["status"] == "succeeded", operation
    return operation["result"]


def figures(result: Any) -> tuple[int, ...]:
    return tuple(result[name] for name in ("rows", "created", "updated", "unchanged", "rejected"))


async def test_a_spreadsheet_fills_the_team_and_says_which_rows_it_left_out(shared: LivePlenary) -> None:
    tenant = await shared.fresh_tenant()
    code = f"Z{tenant[2:]}0"
    await shared.make_practice(code, tenant)
    admin = await shared.as_role("commissioner_admin", tenant=tenant)
    sheet = SHEET.format(code=code)
    tried = await upload(shared, admin, sheet, dry_run="true")
    assert figures(tried) == (6, 4, 0, 0, 2)
    assert (await admin.get("/v1/posts")).json()["data"] == []
    result = await upload(shared, admin, sheet)
    assert figures(result) == (6, 4, 0, 0, 2)
    errors = (await admin.get(f"/v1/imports/{result['import']}/errors")).json()["data"]
    assert [(error["row"], error["column"], error["code"]) for error in errors] == [
        (6, "practice_code", "people.not_a_member"),
        (7, "role", "people.unknown_role"),
    ]
    intranet = await shared.as_role("intranet", tenant=tenant)
    team = (await intranet.get(f"/v1/practices/{code}/team")).json()["data"]
    assert [(one["title"], one["name"]) for one in team] == [
        ("Practice manager", "Anne Archer"),
        ("Named lead", "Dr Ben Best"),
    ]
    practice = (await intranet.get(f"/v1/practices/{code}")).json()
    assert practice["named_lead"] == {"name": "Dr Ben Best", "post": "Named lead"}
    assert (await admin.get(f"/v1/practices/{code}/mailbox")).json()["email"] == "team@surgery.example"


async def test_the_same_spreadsheet_again_changes_nothing(shared: LivePlenary) -> None:
    tenant = await shared.fresh_tenant()
    code = f"Z{tenant[2:]}0"
    await shared.make_practice(code, tenant)
    admin = await shared.as_role("commissioner_admin", tenant=tenant)
    await upload(shared, admin, SHEET.format(code=code))
    number = "SELECT number FROM published.change_number WHERE commissioner_id = $1"
    before = (await shared.fetch(number, shared.tenants[tenant], tenant=shared.tenants[tenant]))[0]["number"]
    # A blank line makes it another file, so that it is really read and applied again.
    again = await upload(shared, admin, SHEET.format(code=code) + "\n")
    assert figures(again) == (6, 0, 0, 4, 2)
    events = await shared.fetch(
        "SELECT name FROM event WHERE change_number > $1 AND name <> 'organisations.import_requested'",
        before,
        tenant=shared.tenants[tenant],
    )
    assert events == []
