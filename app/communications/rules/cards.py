"""An Adaptive Card as a Workflows webhook of Microsoft Teams takes it."""

from typing import Any, Final

import msgspec

# Teams refuses more than 28 KB; what a flow puts around a card counts as well.
MOST_BYTES: Final = 24 * 1024
_CUT: Final = "… The rest is in your intranet."


def card_message(title: str, text: str, *, sender: str, link: str | None = None) -> bytes:
    """The body of the call. Text that would be too long is cut, and says so."""
    whole = _encoded(title, text, sender, link)
    low, high = 0, len(text)
    while len(whole) > MOST_BYTES and low < high:
        # The longest beginning that fits; bytes of a character differ, so it is looked for.
        middle = (low + high + 1) // 2
        if len(_encoded(title, text[:middle] + _CUT, sender, link)) <= MOST_BYTES:
            low = middle
        else:
            high = middle - 1
    return whole if len(whole) <= MOST_BYTES else _encoded(title, text[:low] + _CUT, sender, link)


def _encoded(title: str, text: str, sender: str, link: str | None) -> bytes:
    card: dict[str, Any] = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": [
            {"type": "TextBlock", "text": title, "weight": "bolder", "size": "large", "wrap": True},
            {"type": "TextBlock", "text": text, "wrap": True},
            {"type": "TextBlock", "text": sender, "isSubtle": True, "size": "small", "wrap": True},
        ],
    }
    if link:
        card["actions"] = [{"type": "Action.OpenUrl", "title": "Read more", "url": link}]
    attachment = {"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": None, "content": card}
    return msgspec.json.encode({"type": "message", "attachments": [attachment]})
