"""What a practice is on a day, in SQL: one wording for what is published, for a day in the past and for profiles."""

from typing import Final


def status_on(day: str) -> str:
    """Of `register_practice r`, on the day that the parameter names. `closed_on` is the last day open.

    A practice whose last day has passed is closed, whether or not a newer file has said so yet; one that a file calls
    closed from a day to come is active until then.
    """
    return (
        f"CASE WHEN r.status = 'active' AND r.closed_on < {day} THEN 'closed'"
        f" WHEN r.status = 'closed' AND r.closed_on >= {day} THEN 'active' ELSE r.status END"
    )


def successor_on(day: str) -> str:
    """Of `register_practice r`: the practice that has taken over by that day, which nobody has while the last day is open."""
    return f"CASE WHEN r.closed_on < {day} THEN r.successor_code END"


def _latest(basis: str) -> str:
    order = 's.recorded_at DESC, s.source COLLATE "C" DESC'
    return f"(array_agg(s.{basis} ORDER BY {order}) FILTER (WHERE s.{basis} IS NOT NULL))[1] AS {basis}"


# Of `register_list_size s`, grouped by practice and date. Of several lists of one date the last recorded counts, as it
# does when a scheme is paid by it; each figure is taken from one that has it.
# A list that has neither figure, such as one of adjusted populations, says nothing of what is shown.
LISTED: Final = "s.superseded_at IS NULL AND (s.registered IS NOT NULL OR s.weighted IS NOT NULL)"
LIST_FIGURES: Final = f"{_latest('registered')}, {_latest('weighted')}"
