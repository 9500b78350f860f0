"""Messages that have gone, and providers that call back about them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

from app.core.ids import new_id
from app.demo.simulators import Providers
from tests.factories.communications import RECORDED
from tests.factories.service import LivePlenary
from tests.factories.serving import on_a_port

API_KEY = "plenary-5e77a1ce-0000-4000-8000-00000000beef-5ec4e700-0000-4000-8000-00000000cafe"


def new_number() -> str:
    """A mobile number that no other test uses: how many codes one gets is counted for the whole installation."""
    return f"+4477{new_id().int % 100_000_000:08d}"


async def a_sent_message(live: LivePlenary, tenant: str, address: str, *, state: str = "sent", doubts: int = 0) -> UUID:
    """A delivery that a mail server or a provider has taken; its id."""
    tenant_id, message, delivery = live.tenants[tenant], new_id(), new_id()
    await live.execute(
        "INSERT INTO message (commissioner_id, id, source, source_id, occasion, practice, topic, urgency, subject,"
        " body_text, body_html, created_at) VALUES ($1, $2, 'announcement', $2::uuid::text, '', NULL, 'announcements',"
        " 'routine', 'S', 'T', '<p>T</p>', $3)",
        tenant_id,
        message,
        RECORDED,
        tenant=tenant_id,
    )
    await live.execute(
        "INSERT INTO delivery (commissioner_id, id, message_id, recipient, address, channel, in_inbox, state, attempts,"
        " doubts, created_at, sent_at) VALUES ($1, $2, $3, 'mailbox:' || $4::text, $4, 'email', false, $5::text, 1, $6, $7::timestamptz,"
        " CASE WHEN $5::text = 'sent' THEN $7::timestamptz END)",
        tenant_id,
        delivery,
        message,
        address,
        state,
        doubts,
        RECORDED,
        tenant=tenant_id,
    )
    return delivery


async def state_of(live: LivePlenary, tenant: str, delivery: UUID) -> str:
    [row] = await live.fetch("SELECT state FROM delivery WHERE id = $1", delivery, tenant=live.tenants[tenant])
    return row["state"]


@asynccontextmanager
async def notify_beside(live: LivePlenary) -> AsyncIterator[Providers]:
    """A simulated GOV.UK Notify to which the workers of this test hand what goes by it."""
    notify = Providers(secret=API_KEY[-36:], wait=300)
    async with on_a_port(notify.application()) as url:
        changes = {"notify_url": f"{url}/notify", "outside_networks": "127.0.0.0/8"}
        live.tools.settings = live.settings.model_copy(update=changes)
        yield notify
        live.tools.settings = live.settings


async def set_up(live: LivePlenary, tenant: str, kind: str, **body: Any) -> dict[str, Any]:
    """A provider; the answer tells where it calls back."""
    admin = await live.as_role("commissioner_admin", tenant=tenant)
    whole = ({"api_key": API_KEY, "email_template": str(new_id())} if kind == "notify" else {}) | body
    answer = await admin.put(f"/v1/message-providers/{kind}", json=whole)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def suppressed(live: LivePlenary, tenant: str) -> dict[str, tuple[str, str]]:
    """(reason, source) by address."""
    rows = await live.fetch("SELECT * FROM suppression", tenant=live.tenants[tenant])
    return {row["address"]: (row["reason"], row["source"]) for row in rows}


def a_failure_report(
    delivery: UUID,
    recipient: str,
    *,
    status: str = "5.1.1",
    action: str = "failed",
    to: str = "bounces@plenary.example",
    gives_back: str = "text/rfc822-headers",
) -> bytes:
    """A delivery status notification as mail servers write it (RFC 3464)."""
    original = f"Message-ID: <{delivery}@plenary.example>\r\nSubject: S\r\nFrom: no-reply@plenary.example\r\n"
    return (
        "From: MAILER-DAEMON@mx.example\r\n"
        f"To: {to}\r\n"
        "Subject: Undelivered Mail Returned to Sender\r\n"
        "MIME-Version: 1.0\r\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="B"\r\n\r\n'
        "--B\r\nContent-Type: text/plain\r\n\r\nSorry.\r\n"
        "--B\r\nContent-Type: message/delivery-status\r\n\r\n"
        "Reporting-MTA: dns; mx.example\r\n\r\n"
        f"Final-Recipient: rfc822; {recipient}\r\nAction: {action}\r\nStatus: {status}\r\n"
        f"Diagnostic-Code: smtp; 550 {status} <{recipient}>: no such user\r\n\r\n"
        f"--B\r\nContent-Type: {gives_back}\r\n\r\n{original}\r\n--B--\r\n"
    ).encode()
