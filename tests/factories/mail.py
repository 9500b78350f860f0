"""Messages to be sent."""

from typing import Any

from app.communications.ports import Outgoing
from app.core.ids import new_id

SENDER = "Plenary <no-reply@plenary.example>"


def outgoing(number: int = 0, **changes: Any) -> Outgoing:
    delivery_id = new_id()
    good = {
        "delivery_id": delivery_id,
        "message_id": f"<{delivery_id}@plenary.example>",
        "to": f"person{number}@practice.example",
        "to_name": "Ann Example",
        "subject": "Protected learning time in June",
        "text": "Dear Ann,\n\nThe afternoon of 10 June is protected.\n",
    }
    return Outgoing(**{**good, **changes})
