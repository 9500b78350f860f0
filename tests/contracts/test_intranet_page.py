"""The one-file intranet page, in a real browser, from another origin than the API's."""

import asyncio
import os
import shutil
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.responses import FileResponse
from starlette.routing import Route

from tests.factories.service import LivePlenary
from tests.factories.serving import on_a_port, served

PAGE = Path(__file__).resolve().parents[2] / "openapi" / "intranet.html"
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update", "--virtual-time-budget=10000", "--dump-dom",
)  # fmt: skip


async def show(address: str, profile: Path) -> str:
    browser = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if browser is None:
        pytest.skip("no Chromium on this machine")
    process = await asyncio.create_subprocess_exec(
        browser, *FLAGS, f"--user-data-dir={profile}", address, env=os.environ | {"HOME": str(profile)},
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    out, _ = await asyncio.wait_for(process.communicate(), 60)
    return out.decode()


async def test_the_page_shows_practice_lead_and_news_from_another_origin(live: LivePlenary, tmp_path: Path) -> None:
    tenant = await live.fresh_tenant()
    await live.make_practice("ZZ7001", tenant, name="Beacon Surgery")
    editor = await live.as_role("editor", tenant=tenant)
    news = {
        "title": "Visiting rota agreed",
        "body_markdown": "Thank you.",
        "audience": {"roles": ["practice_manager"]},
        "on_intranet": True,
    }
    assert (await editor.post("/v1/announcements", json=news)).status_code == 202
    await live.work()
    base = await served(live)

    async def page(_request):
        return FileResponse(PAGE)

    async with on_a_port(Starlette(routes=[Route("/intranet.html", page)])) as origin:
        key = await live.make_key("intranet", tenant=tenant, origins=[origin])
        shown = await show(f"{origin}/intranet.html#base={base}&key={key}&practice=ZZ7001", tmp_path)
    assert 'data-ready="yes"' in shown
    assert "Beacon Surgery" in shown
    assert "Visiting rota agreed" in shown


async def test_the_page_says_why_when_its_origin_is_not_listed(live: LivePlenary, tmp_path: Path) -> None:
    tenant = await live.fresh_tenant()
    base = await served(live)
    key = await live.make_key("intranet", tenant=tenant, origins=["https://elsewhere.example"])

    async def page(_request):
        return FileResponse(PAGE)

    async with on_a_port(Starlette(routes=[Route("/intranet.html", page)])) as origin:
        shown = await show(f"{origin}/intranet.html#base={base}&key={key}&practice=ZZ7001", tmp_path)
    assert 'data-ready="no"' in shown
    assert "could not be shown" in shown
