"""Clients that generators built from the published contract talk to the running service.

`make contract` builds them into openapi/tools/build; without that folder these tests skip.
"""

import asyncio
import json
import shutil
from pathlib import Path

import pytest

from tests.factories.service import LivePlenary
from tests.factories.serving import served

BUILD = Path(__file__).resolve().parents[2] / "openapi" / "tools" / "build"
TYPESCRIPT = """
const { client } = require(process.argv[1] + "/client.gen.js");
const sdk = require(process.argv[1] + "/index.js");
client.setConfig({ baseUrl: process.argv[2], headers: { Authorization: "Bearer " + process.argv[3] } });
(async () => {
  const me = await sdk.getMe();
  const page = await sdk.listPractices({ query: { limit: 2 } });
  const missing = await sdk.getPractice({ path: { code: "ZZNONE" } });
  console.log(JSON.stringify({ role: me.data.roles.map((r) => r.role), practices: page.data.data.map((p) => p.code), code: missing.error.code }));
})();
"""
PYTHON = """
import json, sys
from plenary_client import AuthenticatedClient
from plenary_client.api.access import get_me
from plenary_client.api.organisations import get_practice, list_practices
client = AuthenticatedClient(base_url=sys.argv[1], token=sys.argv[2])
me = get_me.sync(client=client)
page = list_practices.sync(client=client, limit=2)
missing = get_practice.sync(code="ZZNONE", client=client)
print(json.dumps({"role": [held.role for held in me.roles], "practices": [p.code for p in page.data], "code": missing.code}))
"""


async def spoken_by(*command: str | Path, cwd: Path) -> dict:
    process = await asyncio.create_subprocess_exec(
        *map(str, command), cwd=cwd, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    out, err = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode == 0, err.decode()
    return json.loads(out)


async def place(live: LivePlenary) -> tuple[str, str, list[str]]:
    tenant = await live.fresh_tenant()
    codes = [f"ZZ{tenant[-3:]}{number}" for number in (1, 2)]
    for code in codes:
        await live.make_practice(code, tenant)
    return await served(live), await live.make_key("intranet", tenant=tenant), codes


async def test_the_typescript_client_talks_to_the_service(live: LivePlenary) -> None:
    compiled = BUILD / "typescript-js"
    node = shutil.which("node")
    if node is None or not compiled.exists():
        pytest.skip("the TypeScript client is built by `make contract`, with node on the path")
    base, key, codes = await place(live)
    said = await spoken_by(node, "-e", TYPESCRIPT, compiled, base, key, cwd=BUILD)
    assert said == {"role": ["intranet"], "practices": codes, "code": "organisations.practice_not_found"}


async def test_the_python_client_talks_to_the_service(live: LivePlenary) -> None:
    python = BUILD / "python-tool" / "bin" / "python"
    if not python.exists() or not (BUILD / "plenary_client").exists():
        pytest.skip("the Python client is built by `make contract`")
    base, key, codes = await place(live)
    said = await spoken_by(python, "-c", PYTHON, base, key, cwd=BUILD)
    assert said == {"role": ["intranet"], "practices": codes, "code": "organisations.practice_not_found"}
