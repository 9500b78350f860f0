"""A real browser for pages that people use: headless Chromium, driven by the keyboard and without scripts."""

import asyncio
import contextlib
import json
import os
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update", "--remote-debugging-pipe",
)  # fmt: skip


def find_browser() -> str:
    browser = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if browser is None:
        pytest.skip("no Chromium on this machine")
    return browser


class Tab:
    """One page. Commands and answers are JSON with a NUL after each, on two pipes (the DevTools protocol)."""

    def __init__(self, reader: asyncio.StreamReader, writer: Any) -> None:
        self._reader = reader
        self._writer = writer
        self._session: str | None = None
        self._last = 0

    async def start(self) -> None:
        target = (await self._call("Target.createTarget", url="about:blank"))["targetId"]
        self._session = (await self._call("Target.attachToTarget", targetId=target, flatten=True))["sessionId"]
        await self._call("Page.enable")
        await self._call("Emulation.setScriptExecutionDisabled", value=True)

    async def open(self, address: str) -> None:
        await self._call("Page.navigate", until="Page.loadEventFired", url=address)

    async def html(self) -> str:
        root = (await self._call("DOM.getDocument"))["root"]["nodeId"]
        return (await self._call("DOM.getOuterHTML", nodeId=root))["outerHTML"]

    async def type(self, field: str, text: str) -> None:
        """Into the field with that id, over whatever stands there."""
        await self._focus(f"#{field}")
        await self._key("a", "KeyA", 65, modifiers=2, commands=["selectAll"])
        await self._call("Input.insertText", text=text)

    async def choose(self, field: str) -> None:
        await self._focus(f"#{field}")
        await self._key(" ", "Space", 32, text=" ")

    async def press(self, button: str) -> None:
        """The button that this selector finds, by the Enter key; until the next page is there."""
        await self._focus(button)
        await self._key("Enter", "Enter", 13, text="\r", until="Page.loadEventFired")

    async def _focus(self, selector: str) -> None:
        root = (await self._call("DOM.getDocument"))["root"]["nodeId"]
        node = (await self._call("DOM.querySelector", nodeId=root, selector=selector))["nodeId"]
        assert node, f"nothing on the page is {selector}"
        await self._call("DOM.focus", nodeId=node)

    async def _key(self, key: str, code: str, number: int, *, until: str | None = None, **more: Any) -> None:
        known = {"key": key, "code": code, "windowsVirtualKeyCode": number, **more}
        down = "keyDown" if "text" in more else "rawKeyDown"
        await self._call("Input.dispatchKeyEvent", type=down, **known)
        await self._call("Input.dispatchKeyEvent", until=until, type="keyUp", key=key, code=code)

    async def _call(self, method: str, *, until: str | None = None, **params: Any) -> Any:
        """The command's answer; `until`: only after that event too."""
        self._last += 1
        command = {"id": self._last, "method": method, "params": params}
        if self._session:
            command["sessionId"] = self._session
        self._writer.write(json.dumps(command).encode() + b"\0")
        answer, happened = None, until is None
        while answer is None or not happened:
            said = json.loads((await asyncio.wait_for(self._reader.readuntil(b"\0"), 60))[:-1])
            if said.get("id") == self._last:
                assert "error" not in said, said
                answer = said["result"]
            happened = happened or said.get("method") == until
        return answer


@contextlib.asynccontextmanager
async def a_tab(profile: Path) -> AsyncIterator[Tab]:
    browser, loop = find_browser(), asyncio.get_running_loop()
    to_browser, from_us = os.pipe()
    from_browser, to_us = os.pipe()

    def as_three_and_four() -> None:
        spare = os.dup(to_browser), os.dup(to_us)
        os.dup2(spare[0], 3)
        os.dup2(spare[1], 4)

    process = await asyncio.create_subprocess_exec(
        browser, *FLAGS, f"--user-data-dir={profile}", env=os.environ | {"HOME": str(profile)}, close_fds=False,
        preexec_fn=as_three_and_four, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    os.close(to_browser)
    os.close(to_us)
    reader = asyncio.StreamReader(limit=2**24)
    reading, _ = await loop.connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(from_browser, "rb")
    )
    with os.fdopen(from_us, "wb", buffering=0) as writer:
        try:
            tab = Tab(reader, writer)
            await tab.start()
            yield tab
        finally:
            process.terminate()
            await process.wait()
            reading.close()
