"""docs/webhooks.md: a stranger who follows it can verify what we send, and knows every event."""

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from app.communications.rules.webhooks import public_key_of, shown_secret, webhook_headers
from app.communications.service.webhooks import heard_events
from app.communications.values.webhooks import Signing, WebhookKeys
from tests.contracts.routes import APP

PAGE = (Path(__file__).parents[2] / "docs" / "webhooks.md").read_text()
KEY, OLD_KEY = bytes(range(32)), bytes(range(32, 64))
BODY = b'{"type": "webhooks.test"}'


def snippets() -> dict[str, Any]:
    """What the page tells receivers to write."""
    names: dict[str, Any] = {}
    for code in re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL):
        exec(code, names)
    return names


@pytest.mark.parametrize(
    ("signing", "function", "shown"),
    [(Signing.HMAC, "is_genuine", shown_secret), (Signing.ED25519, "is_genuine_ed25519", public_key_of)],
)
def test_what_the_page_says_verifies_what_we_sign_and_nothing_else(signing, function, shown):
    is_genuine = snippets()[function]
    keys, now = WebhookKeys(signing, (KEY, OLD_KEY)), datetime.now(UTC)
    headers = webhook_headers(keys, identifier="evt_1", body=BODY, now=now)
    assert is_genuine(shown(KEY), headers, BODY)
    assert is_genuine(shown(OLD_KEY), headers, BODY)
    assert not is_genuine(shown(bytes(32)), headers, BODY)
    assert not is_genuine(shown(KEY), headers, BODY + b" ")
    assert not is_genuine(shown(KEY), headers | {"webhook-id": "evt_2"}, BODY)
    old = webhook_headers(keys, identifier="evt_1", body=BODY, now=datetime(2026, 1, 1, tzinfo=UTC))
    assert not is_genuine(shown(KEY), old, BODY)


def test_the_page_lists_every_event():
    assert APP.routes, "importing the application defines every event"
    table = "\n".join(
        f"| `{name}` | `{scope}` |" for name, scope in heard_events().items() if not name.startswith("tests.")
    )
    assert f"|---|---|\n{table}\n\n" in PAGE, "docs/webhooks.md: bring the table of events up to date"
