"""Mails as practices get them, the links in them, and the pages behind the links."""

import re
from dataclasses import dataclass
from datetime import date
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlsplit

import httpx

from app.schemes import service as schemes
from tests.factories.communications import give_mailbox, give_post, outbox
from tests.factories.schemes_over_http import a_live_scheme, a_tenant, sign_up
from tests.factories.service import LivePlenary

MAILBOX = "surgery@{}.example"


def mails_to(live: LivePlenary, address: str) -> list[EmailMessage]:
    """Whatever lies in the outbox for this address, the oldest first."""
    found = [message_from_bytes(file.read_bytes(), policy=default) for file in outbox(live)]
    mine = [mail for mail in found if mail["To"].addresses[0].addr_spec.lower() == address.lower()]
    return sorted(mine, key=lambda mail: mail["Message-ID"])


def link_in(mail: EmailMessage, kind: str = "a") -> str:
    """The path of the mail's only link of that kind; the HTML names the same as the text."""
    text, html = (mail.get_body((part,)).get_content() for part in ("plain", "html"))
    found = set(re.findall(rf"https?://\S+/{kind}/[\w-]+", text))
    assert len(found) == 1, text
    (address,) = found
    assert f'href="{address}"' in html
    return urlsplit(address).path


class Page(HTMLParser):
    """What a page holds: its forms with their fields, and what labels them."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.html = html
        self.forms: list[dict[str, str]] = []
        self.tags: list[tuple[str, dict[str, Any]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        known = dict(attrs)
        self.tags.append((tag, known))
        if tag == "form":
            self.forms.append({})
        elif tag == "input" and known.get("type") == "hidden" and self.forms:
            self.forms[-1][str(known["name"])] = known.get("value") or ""

    @property
    def text(self) -> str:
        return " ".join(re.sub(r"<[^>]+>", " ", self.html.partition("<body>")[2]).split())

    def filled(self, choice: str, **typed: str) -> dict[str, str]:
        """The form of that button with this typed into it."""
        [form] = [form for form in self.forms if form.get("choice") == choice]
        return form | typed

    def fields(self) -> list[dict[str, Any]]:
        return [known for tag, known in self.tags if tag in ("input", "textarea") and known.get("type") != "hidden"]


@dataclass
class Asked:
    """A practice with a shared mailbox and a nurse, Ada Wren, and nobody who deals with offers; it was mailed one."""

    live: LivePlenary
    tenant: str
    practice: str
    scheme: str
    office: httpx.AsyncClient
    browser: httpx.AsyncClient

    @classmethod
    async def offer(cls, live: LivePlenary, **scheme: Any) -> "Asked":
        tenant, [practice] = await a_tenant(live, "A")
        nurse = await live.make_person("Ada Wren", tenant=tenant)
        await give_post(live, tenant, nurse, "nurse", practice=practice)
        await give_mailbox(live, tenant, practice, MAILBOX.format(practice))
        office = await live.as_role("scheme_manager", tenant=tenant)
        path = await a_live_scheme(office, **scheme)
        made = await office.post(f"{path}/offers", json={"practices": [practice], "respond_by": "2026-12-24"})
        assert made.is_success, made.text
        await live.work()
        return cls(live, tenant, practice, path, office, live.client(None))

    @classmethod
    async def sessions(cls, live: LivePlenary, *, mailed: bool = True, **scheme: Any) -> "Asked":
        """The same practice has signed up, and was asked on 2 November which sessions it held in October."""
        tenant, [practice] = await a_tenant(live, "A")
        nurse = await live.make_person("Ada Wren", tenant=tenant)
        await give_post(live, tenant, nurse, "nurse", practice=practice)
        await give_mailbox(live, tenant, practice, MAILBOX.format(practice))
        office = await live.as_role("scheme_manager", tenant=tenant)
        path = await a_live_scheme(office, **scheme)
        assert (await sign_up(office, path, practice)).is_success
        asked = cls(live, tenant, practice, path, office, live.client(None))
        if mailed:
            await live.work()
            await asked.ask()
        return asked

    async def ask(self, day: date = date(2026, 11, 2)) -> None:
        """What is done on the night before that day."""
        async with self.live.worker_session(self.tenant) as session:
            await schemes.ask_for_sessions(session, today=day)
        await self.live.work()

    async def confirm(self, page: Page, *days: str, **typed: str) -> httpx.Response:
        form = page.filled("confirm", **({"name": "Ada Wren"} | typed))
        return await self.browser.post(self.link, data=form | {"on": list(days)})

    async def facts(self) -> list[dict[str, Any]]:
        return (await self.office.get(f"{self.scheme}/facts")).json()["data"]

    @property
    def mail(self) -> EmailMessage:
        return mails_to(self.live, MAILBOX.format(self.practice))[-1]

    @property
    def link(self) -> str:
        return link_in(self.mail)

    async def page(self) -> Page:
        answer = await self.browser.get(self.link)
        assert answer.status_code == 200, answer.text
        return Page(answer.text)

    async def accept(self, page: Page, **typed: str) -> httpx.Response:
        form = {"name": "Ada Wren", "capacity": "authorised"} | typed
        return await self.browser.post(self.link, data=page.filled("accept", **form))

    async def part(self) -> dict[str, Any]:
        [part] = (await self.office.get(f"{self.scheme}/participation")).json()["data"]
        return part

    async def audited(self, action: str) -> list[dict[str, Any]]:
        rows = await self.live.fetch(
            "SELECT * FROM audit_entry WHERE action = $1", action, tenant=self.live.tenants[self.tenant]
        )
        return [dict(row) for row in rows]
