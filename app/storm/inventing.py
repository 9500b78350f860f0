"""Definitions of every kind of node, and practices that they read, invented by chance from a generator that is given."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from itertools import count
from random import Random
from typing import Any, Final

from app.calculation.service import check_period, parse_definition
from app.calculation.values import Fact, ListSize, PostHeld, PracticeInput
from app.core.clock import Period, add_months

APRIL: Final = date(2014, 4, 1)
FACTS: Final = ("one", "two", "three")
ORGANISATIONS: Final = ("OOH1", "OOH2", "ZZ0042")
"""Paid in place of practices; the last one has the code of a practice, and is another payee for all that."""
POSTS: Final = ("named_lead", "nurse")
_FIRST_DAY: Final = date(2013, 7, 1)
_DAYS: Final = 800
_LISTS: Final = ("list", "weighted", "adjusted")
_NUMBERS: Final = ("sessions", "uncapped", "level")
_COUNTABLE: Final = (*_LISTS, *_NUMBERS)
_MEASURED: Final = (*_COUNTABLE, "share")
_WITHIN: Final = ("year", "period")
_RATE_PER: Final = ("year", "period")
_AROUND: Final = {"sum", "best_of", "least_of", "times", "gate", "pro_rata", "instalments"}
"""Kinds that make no line of their own."""
_READING: Final = ('measure"', '"weight"')
"""How the members end of which a node has one that reads a measure."""


@dataclass(frozen=True, slots=True)
class Invented:
    """A definition as JSON, a period for which it can be paid, and the parts of a year into which that divides."""

    raw: dict[str, Any]
    period: Period
    parts: tuple[int, ...]


def invent(random: Random) -> Invented:
    return invent_for(random, *_period(random))


def invent_for(random: Random, period: Period, parts: tuple[int, ...]) -> Invented:
    """A definition that its check lets pass for the period."""
    while True:
        raw = invent_definition(random, parts)
        if not check_period(parse_definition(raw), period=period):
            return Invented(raw, period, parts)


def invent_definition(random: Random, parts: Sequence[int]) -> dict[str, Any]:
    """`parts` are the numbers of parts of a year into which its period divides; none for one of broken months."""
    pay = _Nodes(random, parts).root()
    for number, component in zip(count(), _components(pay), strict=False):
        component |= {"id": f"line{number}", **_payee(random), **_booking(random)}
    measures = _measures(random)
    reads = any(member in json.dumps(pay) for member in _READING)
    said = {"measures": measures} if reads or random.randint(0, 1) else {}
    claims = {"claims": "required"} if random.randint(0, 3) == 0 else {}
    return {"language": 1, **_rounding(random), **said, **claims, "pay": pay}


def _rounding(random: Random) -> dict[str, Any]:
    at = random.choice((None, "line", "line", "factor", "points", "period", "final"))
    if at is None:
        return random.choice(({}, {"round": _some(random, mode="half_even")}))
    places = {"dp": random.randint(0, 4)} if at in {"factor", "points"} else {}
    return {"round": {"at": at} | _some(random, mode=random.choice(("half_up", "half_even", "down")), **places)}


def _payee(random: Random) -> dict[str, Any]:
    if random.randint(0, 3):
        return {}
    return {"payee": {"type": "organisation", "code": random.choice(ORGANISATIONS)}}


def _booking(random: Random) -> dict[str, Any]:
    if random.randint(0, 3):
        return {}
    codes = {name: random.choice(("A1", "B2")) for name in ("pay_code", "cost_centre", "subjective", "vat_code")}
    return {"booking": _some(random, **codes, pensionable=random.choice((True, False)))}


def _some(random: Random, **members: Any) -> dict[str, Any]:
    """Each of the members or not: what is left out means what the language says it does."""
    return {name: value for name, value in members.items() if random.randint(0, 3)}


def _period(random: Random) -> tuple[Period, tuple[int, ...]]:
    if random.randint(0, 7) == 7:
        start = _day(random)
        return Period(start, start + timedelta(random.randint(1, 200))), ()
    length = random.choice((1, 2, 3, 3, 6, 12))
    start = add_months(APRIL, length * random.randint(0, 12 // length - 1))
    return Period(start, add_months(start, length)), tuple(each for each in (2, 3, 4, 6, 12) if each * length >= 12)


def _measures(random: Random) -> dict[str, dict[str, Any]]:
    """One of each kind or two; which fact, post, list, day and cap each reads is chance."""

    def of(kind: str, **members: Any) -> dict[str, Any]:
        said = {name: value for name, value in members.items() if value is not None}
        return {"kind": kind, "fact": random.choice(FACTS), **said}

    def size(basis: str) -> dict[str, Any]:
        snapshot = random.choice(("period_start", "quarter_start", "year_start", "2014-04-01"))
        return {"kind": "list_size", "basis": basis, "snapshot": snapshot}

    def events(**members: Any) -> dict[str, Any]:
        return of("events", **members, within=random.choice((None, *_WITHIN)))

    caps = {name: random.choice((None, 1, 3, 20)) for name in ("max_per_month", "max_per_period")}
    return {
        "list": size("registered"),
        "weighted": size("weighted"),
        "adjusted": size("adjusted"),
        "sessions": of("count", **caps),
        "uncapped": of("count"),
        "amounts": of("amount"),
        "level": of("level", unit=random.choice((None, "number"))),
        "share": of("level", unit="percent"),
        "prior": of("level", unit="pounds"),
        "checks": events(distinct="subject"),
        "doses": events(),
        "costs": of("costs"),
        "done": of("done", due=random.choice((None, _day(random).isoformat()))),
        "other": of("done"),
        "held": {
            "kind": "post_held",
            "post": random.choice(POSTS),
            **_some(random, unit=random.choice(("share", "days"))),
        },
    }


class _Nodes:
    """Invents the nodes of one definition."""

    def __init__(self, random: Random, parts: Sequence[int]) -> None:
        self.random = random
        self.parts = parts
        self.is_broken = not parts
        self.leaves: tuple[Callable[[], dict[str, Any]], ...] = (
            self._per_head,
            self._per_session,
            self._per_event,
            self._fixed,
            self._recorded,
            self._linear,
            self._tiered,
            self._milestone,
            self._reimbursed,
            self._pooled,
        )

    def root(self) -> dict[str, Any]:
        if self.is_broken:
            return {"type": "pro_rata", "by": "days", **self._successor(), "then": self.node(2, is_part=True)}
        return self.node(3)

    def node(self, depth: int, *, is_part: bool = False) -> dict[str, Any]:
        """`is_part`: something around it pays in part already, which is not done twice."""
        if depth == 0 or self.random.randint(0, 2) == 0:
            return self.random.choice(self.leaves)()
        kinds = ["sum", "sum", "best_of", "least_of", "times", "gate", "cap", "floor"]
        kinds += [] if is_part else ["pro_rata"]
        kinds += [] if self.is_broken else ["instalments", "advance"]
        kind = self.random.choice(kinds)
        if kind in {"sum", "best_of", "least_of"}:
            number = self.random.randint(1, 3)
            return {"type": kind, "of": [self.node(depth - 1, is_part=is_part) for _ in range(number)]}
        if kind == "instalments":
            # What is known when the year begins.
            below = {"type": "sum", "of": [self._per_head(), self._fixed()]}
            return {"type": kind, "parts": self.random.choice(self.parts), "then": below}
        below = self.node(depth - 1, is_part=is_part or kind == "pro_rata")
        return {"type": kind, **self._members(kind), "then": below}

    def _members(self, kind: str) -> dict[str, Any]:
        """Of a kind with one node below it."""
        if kind == "times":
            return {"factors": [self._factor() for _ in range(self.random.randint(1, 2))]}
        if kind == "gate":
            return self._needs()
        if kind == "pro_rata":
            return {"by": self.random.choice(("days", "months")), **self._successor()}
        if kind == "advance":
            share = self.random.choice(("0.8", "1"))
            return {"measure": "prior", "share": share, "parts": self.random.choice(self.parts)}
        limits = ({"amount": self._rate()}, {"rate": self._rate(), "measure": self.random.choice(_LISTS)})
        return self.random.choice(limits) | self._rate_per()

    def _rate(self) -> str:
        return _number(self.random, 500_000, 3)

    def _rate_per(self) -> dict[str, str]:
        return _some(self.random, rate_per=self.random.choice(_RATE_PER))

    def _successor(self) -> dict[str, str]:
        return self.random.choice(({}, {"successor": "takes_over"}))

    def _needs(self) -> dict[str, Any]:
        if self.random.randint(0, 1):
            held = self.random.choice(("period_start", "any_day", "every_day"))
            return {"needs": [{"post": self.random.choice(POSTS), **_some(self.random, held=held)}]}
        least, within = str(self.random.randint(0, 3)), self.random.choice(_WITHIN)
        much = _some(self.random, at_least=least, within=within)
        return {"needs": [{"fact": self.random.choice(FACTS), **much}]}

    def _factor(self) -> dict[str, str]:
        """What stands above and below has one unit, or none stands below a number."""
        choice = self.random.choice
        people = {"measure": choice(_COUNTABLE), "over_measure": choice(_COUNTABLE)}
        shares = {"measure": "share", "over_measure": "share"}
        over = {"measure": choice((*_MEASURED, "held")), "over": "7.3"}
        known = {"value": self._rate(), "over_measure": choice(_MEASURED)}
        return choice((people, shares, over, known, {"value": self._rate()}, {"measure": choice(_NUMBERS)}))

    def _per_head(self) -> dict[str, Any]:
        return {"type": "per_head", "rate": self._rate(), "measure": self.random.choice(_LISTS), **self._rate_per()}

    def _per_session(self) -> dict[str, Any]:
        measure = self.random.choice(("sessions", "uncapped"))
        return {"type": "per_session", "rate": self._rate(), "measure": measure}

    def _fixed(self) -> dict[str, Any]:
        return {"type": "fixed", "amount": self._rate(), **self._rate_per()}

    def _recorded(self) -> dict[str, Any]:
        return {"type": "fixed", "measure": "amounts"}

    def _linear(self) -> dict[str, Any]:
        # Thresholds in per cent are above 1, or they would be taken for shares.
        lower = self.random.randint(1, 60)
        thresholds = {"lower": str(lower), "upper": str(lower + self.random.randint(1, 40))}
        worth = {"points": self._rate(), "point_value": self._rate()}
        return {"type": "linear", "measure": self.random.choice(("level", "share")), **thresholds, **worth}

    def _tiered(self) -> dict[str, Any]:
        first, width = self.random.randint(2, 20), self.random.choice((1, 5, 4000))
        starts = [first + width * number for number in range(self.random.randint(1, 3))]
        ends = [{"below": str(end)} for end in starts[1:]] + [{}]
        bands = [{"at_least": str(start), "rate": self._rate(), **end} for start, end in zip(starts, ends, strict=True)]
        whole = {"of": "whole", "each": self.random.choice(_COUNTABLE)}
        way = self.random.choice(({}, {"of": "marginal"}, _some(self.random, **whole)))
        return {"type": "tiered", "measure": self.random.choice(_MEASURED), "bands": bands, **way}

    def _per_event(self) -> dict[str, Any]:
        raised = {"since": _day(self.random).isoformat(), "rate": self._rate()}
        paid = self.random.choice(
            ({"rate": self._rate()}, {"rates": [{"since": "2010-04-01", "rate": self._rate()}, raised]})
        )
        most = self.random.choice(({}, {"at_most": self.random.choice(_COUNTABLE)}))
        return {"type": "per_event", "measure": self.random.choice(("checks", "doses")), **paid, **most}

    def _milestone(self) -> dict[str, Any]:
        items = [{"measure": "done"}, {"measure": "other", "weight": str(self.random.randint(0, 3))}]
        return {"type": "milestone", "amount": self._rate(), "items": items}

    def _reimbursed(self) -> dict[str, Any]:
        caps: list[dict[str, Any]] = [{"from_unit": 1, "cap": self._rate()}, {"from_unit": 3, "cap": self._rate()}]
        if self.random.randint(0, 1):
            caps.append({"from_unit": 1, "cap": self._rate(), "since": _day(self.random).isoformat()})
        more = _some(self.random, waiting=self.random.randint(0, 2), unit="session")
        return {"type": "capped_reimbursement", "measure": "costs", "caps": caps, **more}

    def _pooled(self) -> dict[str, Any]:
        unearned = {"unearned": self.random.choice(("return", "redistribute"))}
        needs = self.random.choice(({}, self._needs(), self._needs() | unearned))
        weight = self.random.choice(_MEASURED)
        return {"type": "pooled", "budget": self._rate(), "weight": weight, **self._rate_per(), **needs}


def _components(node: dict[str, Any]) -> list[dict[str, Any]]:
    below = node.get("of", []) if node["type"] != "tiered" else []
    below = [*below, node["then"]] if "then" in node else below
    own = [] if node["type"] in _AROUND else [node]
    return [*own, *(each for child in below for each in _components(child))]


def invent_practices(random: Random, most: int = 4) -> list[PracticeInput]:
    codes = random.sample(range(100), random.randint(0, most))
    practices = [_practice(random, f"ZZ{code:04}") for code in codes]
    # Whoever takes over was a member at some time: where that is not so, the successor is not even gathered.
    heirs = [each.code for each in practices if each.member != ()]
    return [replace(each, successor=random.choice((None, *heirs))) for each in practices]


def _practice(random: Random, code: str) -> PracticeInput:
    return PracticeInput(
        code=code,
        lists=tuple(invent_list(random, day) for day in _days(random, random.randint(0, 3))),
        posts=tuple(_post(random) for _ in range(random.randint(0, 2))),
        facts=tuple(_facts(random, code)),
        member=random.choice((None, None, _times_as_member(random))),
        held=random.choice((None,) * 9 + ("its claim is not approved yet",)),
        claimed=random.choice((None,) * 9 + (tuple(_facts(random, code)),)),
    )


def _facts(random: Random, code: str) -> list[Fact]:
    return [invent_fact(random, f"{code}-{number}", _day(random)) for number in range(random.randint(0, 8))]


def invent_list(random: Random, as_at: date) -> ListSize:
    registered, weighted, adjusted = (
        random.choice((None, Decimal(0), *(Decimal(_number(random, 6_000_000, 2)) for _ in range(4)))) for _ in range(3)
    )
    return ListSize(as_at, registered, weighted, adjusted=adjusted)


def invent_fact(random: Random, external_id: str, on: date) -> Fact:
    value = random.choice((Decimal(1), Decimal(random.randint(-3, 30)), Decimal(random.randint(-300, 3000)).scaleb(-2)))
    subject = random.choice((None, "p1", "p2"))
    return Fact(external_id, random.choice(FACTS), on, value, subject, confirmed=random.randint(0, 4) > 0)


def _post(random: Random) -> PostHeld:
    start = _day(random)
    return PostHeld(random.choice(POSTS), start, random.choice((None, start + timedelta(random.randint(1, 500)))))


def _times_as_member(random: Random) -> tuple[Period, ...]:
    days = _days(random, random.choice((0, 2, 2, 4)))
    return tuple(Period(start, end) for start, end in zip(days[::2], days[1::2], strict=True))


def _days(random: Random, number: int) -> list[date]:
    """Different ones, in order."""
    return [_FIRST_DAY + timedelta(each) for each in sorted(random.sample(range(_DAYS), number))]


def _day(random: Random) -> date:
    return _FIRST_DAY + timedelta(random.randint(0, _DAYS))


def _number(random: Random, most: int, places: int) -> str:
    return str(Decimal(random.randint(0, most)).scaleb(-places))
