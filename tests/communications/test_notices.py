"""What practices are told without anybody writing it."""

from tests.factories.communications import give_mailbox, give_post, mail_of, told
from tests.factories.payments import Office
from tests.factories.schemes_over_http import a_live_scheme, sign_up
from tests.factories.service import LivePlenary


async def _staff(live: LivePlenary, tenant: str, practices: list[str]) -> None:
    """The first practice has a lead and a manager, the others a mailbox each."""
    first, *others = practices
    for role in ("named_lead", "practice_manager"):
        person = await live.make_person(f"{role} of {first}", tenant=tenant, email=f"{role}@{first}.example")
        await give_post(live, tenant, person, role, practice=first)
    for practice in others:
        await give_mailbox(live, tenant, practice, f"surgery@{practice}.example")


async def test_release_tells_each_practice_of_its_statement_and_nobody_of_nothing(shared: LivePlenary) -> None:
    office = await Office.open(shared, lists=("5000", "6000", "0"))
    paid = [code for code in office.practices if (await _list_of(shared, code)) != 0]
    unpaid = next(code for code in office.practices if code not in paid)
    await _staff(shared, office.tenant, [*paid, unpaid])
    run = await office.pay()
    await shared.work()
    rows = await told(shared, office.tenant, "statement")
    assert sorted((row["practice"], row["address"], row["state"]) for row in rows) == sorted(
        [
            (paid[0], f"named_lead@{paid[0]}.example", "sent"),
            (paid[0], f"practice_manager@{paid[0]}.example", "sent"),
            (paid[1], f"surgery@{paid[1]}.example", "sent"),
        ]
    )
    for row in rows:
        statement = await office.statement(run, row["practice"])
        subject, text = mail_of(shared, row)
        amount = f"{float(statement['total']):,.2f}"
        assert f"£{amount}" in subject
        assert statement["reference"] in text
        assert "will be paid by" in text
        [payment] = statement["payments"]
        assert f"On the bank line: - {payment['reference']}: £{amount} to {payment['payee']['name']}" in text
        assert f"Sent by Plenary for NHS {office.tenant}." in text
        assert "/a/" not in text


async def _list_of(live: LivePlenary, practice: str) -> int:
    [row] = await live.fetch("SELECT registered FROM register_list_size WHERE practice = $1", practice)
    return int(row["registered"])


async def test_offer_and_sign_up_are_told_to_the_practices_they_concern(shared: LivePlenary) -> None:
    tenant = await shared.fresh_tenant()
    practices = [f"{tenant}A", f"{tenant}B", f"{tenant}C"]
    for practice in practices:
        await shared.make_practice(practice, tenant)
    await _staff(shared, tenant, practices)
    manager = await shared.as_role("scheme_manager", tenant=tenant)
    path = await a_live_scheme(manager, title="Two *sessions* a month")
    offered = await manager.post(f"{path}/offers", json={"practices": [practices[1]], "respond_by": "2026-12-24"})
    assert offered.status_code in (200, 201), offered.text
    assert (await sign_up(manager, path, practices[0])).is_success
    await shared.work()
    [offer] = await told(shared, tenant, "offer")
    assert offer["address"] == f"surgery@{practices[1]}.example"
    text = mail_of(shared, offer)[1]
    assert "answer by 24 December 2026" in text
    assert "Pays 300.00 for each session: confirmed facts named lead_session, at most 2 in a calendar month." in text
    assert "For this practice: at least 0.00, expected 7,200.00, at most 7,200.00." in text
    signed = await told(shared, tenant, "sign_up")
    assert {row["address"] for row in signed} == {
        f"named_lead@{practices[0]}.example",
        f"practice_manager@{practices[0]}.example",
    }
    assert "on 3 April 2026 by Dr Ada Wren" in mail_of(shared, signed[0])[1]
    again = await manager.post(f"{path}/offers", json={"practices": practices[1:], "respond_by": "2026-12-24"})
    assert again.is_success
    await shared.work()
    assert {row["practice"] for row in await told(shared, tenant, "offer")} == set(practices[1:])


async def test_issue_is_told_to_those_it_asks_and_its_answer_to_those_who_raised_it(shared: LivePlenary) -> None:
    tenant = await shared.fresh_tenant()
    practices = [f"{tenant}A", f"{tenant}B"]
    for practice in practices:
        await shared.make_practice(practice, tenant)
    await _staff(shared, tenant, practices)
    raiser, asked = practices
    lead = await shared.as_role("practice_lead", tenant=tenant, practice=raiser)
    raised = await lead.post(
        "/v1/issues",
        json={
            "title": "Hospital letters come late",
            "body": "Ten days and more.",
            "raised_by": {"type": "practice", "id": raiser},
            "practices": [asked],
        },
    )
    assert raised.status_code == 201, raised.text
    await shared.work()
    [asked_row] = await told(shared, tenant, "issue")
    assert asked_row["address"] == f"surgery@{asked}.example"
    assert "Hospital letters come late" in mail_of(shared, asked_row)[1]
    manager = await shared.as_role("practice_manager", tenant=tenant, practice=asked)
    body = {"practice": asked, "decision": "planned", "text": "From January."}
    answered = await manager.post(f"{raised.headers['Location']}/responses", json=body)
    assert answered.status_code == 201, answered.text
    await shared.work()
    answers = [row for row in await told(shared, tenant, "issue") if row["id"] != asked_row["id"]]
    assert sorted(row["address"] for row in answers) == [
        f"named_lead@{raiser}.example",
        f"practice_manager@{raiser}.example",
    ]
    assert mail_of(shared, answers[0])[0] == "Answer: Hospital letters come late"
