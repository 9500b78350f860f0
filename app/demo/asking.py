"""What practices are asked and have yet to answer: by the API, or by the links in their mails where they have no key."""

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from app.core.clock import Period, add_months, financial_year, financial_year_start, quarter_start

if TYPE_CHECKING:
    from app.demo.load import Demo

EVENING_DEFINITION: Final[dict[str, Any]] = {
    "language": 1,
    "round": {"at": "line", "mode": "half_up"},
    "measures": {"evenings": {"kind": "count", "fact": "evening", "max_per_month": 4}},
    "pay": {"type": "per_session", "id": "evening", "rate": "90.00", "measure": "evenings"},
}
TO_READ_TITLE: Final = "When the telephones fail"


async def offer_evenings(demo: "Demo") -> None:
    """A scheme that came of what patients asked for, offered to everybody. Whoever has the offer keeps it."""
    # The rest of a year that has a quarter left at least: in its last quarter the coming one is offered.
    year = financial_year_start(financial_year(add_months(demo.today, 3)))
    applies = Period(max(year, quarter_start(demo.today)), add_months(year, 12))
    scheme = await demo.publish(
        "EVE",
        "Telephone appointments until eight",
        purpose="Patients asked for calls after work. A practice that answers its telephone until eight is paid for each "
        "such evening, for up to four a month.",
        definition=EVENING_DEFINITION,
        budget={"amount": "260000.00"},
        applies=applies,
    )
    offer = {"practices": "all", "respond_by": (demo.today + timedelta(days=21)).isoformat()}
    await demo.caller("scheme_manager").post(f"/v1/incentive-schemes/{scheme}/offers", offer)


async def ask_to_read(demo: "Demo") -> None:
    """An announcement that each practice has to say it has read."""
    editor = demo.caller("editor")
    if TO_READ_TITLE in {row["title"] for row in await editor.every("/v1/announcements")}:
        return
    announcement = {
        "title": TO_READ_TITLE,
        "body_markdown": "Tell the control room at once, on **01632 960900**. It puts the message for patients on the "
        "website and sends urgent calls to your neighbours.",
        "audience": {"roles": ["named_lead", "practice_manager"]},
        "must_acknowledge_by": (demo.today + timedelta(days=14)).isoformat(),
        "on_intranet": True,
    }
    await editor.finished(await editor.post("/v1/announcements", announcement))
