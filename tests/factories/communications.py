"""People in posts and mailboxes, so that there is somebody to be told something."""

from datetime import UTC, date, datetime
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any
from uuid import UUID

from app.core.ids import new_id
from tests.factories.service import LivePlenary

RECORDED = datetime(2026, 4, 1, tzinfo=UTC)


async def give_post(
    live: LivePlenary,
    tenant: str,
    person: UUID,
    role: str,
    *,
    practice: str | None = None,
    start: date = date(2026, 4, 1),
    until: date | None = None,
) -> None:
    """A post from April on, at a practice or with the commissioner."""
    await live.execute(
        "INSERT INTO post (commissioner_id, id, person_id, role, level, practice, valid_from, valid_until, listed,"
        " confirmed_on, recorded_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, true, $7, $9)",
        live.tenants[tenant],
        new_id(),
        person,
        role,
        "practice" if practice else "commissioner",
        practice,
        start,
        until,
        RECORDED,
        tenant=live.tenants[tenant],
    )


async def give_mailbox(live: LivePlenary, tenant: str, practice: str, email: str) -> None:
    await live.execute(
        "INSERT INTO mailbox (commissioner_id, id, practice, email, recorded_at) VALUES ($1, $2, $3, $4, $5)",
        live.tenants[tenant],
        new_id(),
        practice,
        email,
        RECORDED,
        tenant=live.tenants[tenant],
    )


async def confirm_numbers(live: LivePlenary, tenant: str) -> None:
    """As if everybody had given the code that was texted to them."""
    await live.execute("UPDATE message_preference SET confirmed_mobile = mobile", tenant=live.tenants[tenant])


async def make_crowd(live: LivePlenary, tenant: str, number: int, *, practice: str) -> None:
    """Many people in posts at one practice, in two statements."""
    await live.execute(
        "WITH added AS (INSERT INTO person (commissioner_id, id, name, email, email_key, name_key, created_at)"
        " SELECT $1, gen_random_uuid(), 'Person ' || n, 'p' || n || '@crowd.example', 'p' || n || '@crowd.example',"
        " 'person ' || n, $3 FROM generate_series(1, $2::int) n RETURNING id)"
        " INSERT INTO post (commissioner_id, id, person_id, role, level, practice, valid_from, listed, confirmed_on,"
        " recorded_at) SELECT $1, gen_random_uuid(), id, 'staff', 'practice', $4, '2026-04-01', false, '2026-04-01', $3"
        " FROM added",
        live.tenants[tenant],
        number,
        RECORDED,
        practice,
        tenant=live.tenants[tenant],
    )


async def delivery_rows(live: LivePlenary, tenant: str, where: str = "true") -> list[dict[str, Any]]:
    rows = await live.fetch(f"SELECT * FROM delivery WHERE {where} ORDER BY id", tenant=live.tenants[tenant])
    return [dict(row) for row in rows]


def outbox(live: LivePlenary) -> list[Path]:
    folder = live.settings.outbox_path
    return sorted(folder.glob("*.eml")) if folder.exists() else []


def announcement(**changes: Any) -> dict[str, Any]:
    return {
        "title": "Protected learning time in June",
        "body_markdown": "The afternoon of **10 June** is protected.",
        "audience": {"roles": ["named_lead"]},
    } | changes


async def announce(live: LivePlenary, tenant: str, **changes: Any) -> dict[str, Any]:
    """Accepted, and not yet sent to anybody; the operation, whose result names the announcement."""
    editor = await live.as_role("editor", tenant=tenant)
    answer = await editor.post("/v1/announcements", json=announcement(**changes))
    assert answer.status_code == 202, answer.text
    return answer.json()


async def publish(live: LivePlenary, tenant: str, **changes: Any) -> str:
    """Announced, and sent to whom it was meant for; its id."""
    operation = await announce(live, tenant, **changes)
    await live.work()
    return operation["result"]["announcement"]


async def counts_of(live: LivePlenary, tenant: str, announcement_id: str) -> dict[str, int]:
    editor = await live.as_role("editor", tenant=tenant)
    return (await editor.get(f"/v1/announcements/{announcement_id}")).json()["counts"]


async def told(live: LivePlenary, tenant: str, source: str) -> list[dict[str, Any]]:
    return await delivery_rows(live, tenant, f"message_id IN (SELECT id FROM message WHERE source = '{source}')")


def mail_of(live: LivePlenary, row: dict[str, Any]) -> tuple[str, str]:
    """(subject, text)"""
    [file] = [file for file in outbox(live) if file.stem == str(row["id"])]
    mail = message_from_bytes(file.read_bytes(), policy=default)
    return mail["Subject"], " ".join(mail.get_body(("plain",)).get_content().split())
