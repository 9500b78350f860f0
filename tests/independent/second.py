"""A second calculation, written from docs/definitions.md and the published rules: it knows nothing of the engine.

It reads a definition as JSON and practices in their frozen form, and says in pence what each line pays. Numbers are
fractions all the way; each kind is a few lines of arithmetic, without words, workings or any speed.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from fractions import Fraction
from math import floor
from typing import Any

Json = dict[str, Any]
Paid = list[tuple[str, Fraction]]
"""Exact pence of each line, in order."""


@dataclass(frozen=True)
class Span:
    """From one day until another, which is no longer in it."""

    start: date
    end: date

    def __contains__(self, day: date) -> bool:
        return self.start <= day < self.end

    @property
    def days(self) -> int:
        return (self.end - self.start).days

    @property
    def months(self) -> int | None:
        """Whole months, or None."""
        number = (self.end.year - self.start.year) * 12 + self.end.month - self.start.month
        return number if self.start.day == self.end.day else None

    @property
    def year(self) -> "Span":
        """The financial year in which it begins."""
        first = self.start.year - (self.start.month < 4)
        return Span(date(first, 4, 1), date(first + 1, 4, 1))

    def each_day(self) -> list[date]:
        return [self.start + timedelta(days=number) for number in range(self.days)]


def pay(definition: Json, start: date, end: date, practices: Sequence[Json]) -> dict[str, dict[str, int]]:
    """By practice and line: pence. Of a practice whose paid claim has other evidence each line is the lesser of the two."""
    due = Calculation(definition, Span(start, end), tuple(practices)).pay()
    claimed = [each | {"facts": each.get("claimed", each["facts"])} for each in practices]
    bounds = Calculation(definition, Span(start, end), tuple(claimed)).pay()
    bounded = {each["code"] for each in practices if "claimed" in each}
    return {
        code: {name: min(amount, bounds[code][name]) if code in bounded else amount for name, amount in lines.items()}
        for code, lines in due.items()
    }


def paid_to(definition: Json, practice: str) -> dict[str, tuple[str, str]]:
    """By line: the kind of payee and its code."""
    own = {"type": "practice", "code": practice}
    payees = {node["id"]: node.get("payee", own) for node in paying_nodes(definition["pay"])}
    return {name: (payee["type"], payee["code"]) for name, payee in payees.items()}


def booked(definition: Json) -> dict[str, Json]:
    """By line: what its booking says."""
    return {node["id"]: node.get("booking", {}) for node in paying_nodes(definition["pay"])}


def paying_nodes(node: Json) -> list[Json]:
    below = [node["then"]] if "then" in node else node["of"] if isinstance(node.get("of"), list) else []
    found = [each for one in below for each in paying_nodes(one)]
    return [node, *found] if "id" in node else found


@dataclass(frozen=True)
class Calculation:
    definition: Json
    span: Span
    practices: tuple[Json, ...]
    pools: dict[tuple[str, Span], dict[str, int]] = field(default_factory=dict)

    @property
    def rounding(self) -> Json:
        return {"at": "line", "mode": "half_up", "dp": 2} | self.definition.get("round", {})

    def whole(self, number: Fraction) -> int:
        return to_whole(number, self.rounding["mode"])

    def places(self, number: Fraction, stage: str) -> Fraction:
        if self.rounding["at"] != stage:
            return number
        unit = 10 ** self.rounding["dp"]
        return Fraction(self.whole(number * unit), unit)

    def pay(self) -> dict[str, dict[str, int]]:
        exact = {each["code"]: self._due(each) for each in self.practices}
        if self.rounding["at"] == "final":
            pence = self._rounded_once(exact)
        else:
            pence = {code: self._rounded(lines) for code, lines in exact.items()}
        return {code: dict(zip((name for name, _ in lines), pence[code], strict=True)) for code, lines in exact.items()}

    def _due(self, practice: Json) -> Paid:
        lines = self.node(self.definition["pay"], practice)
        return [(name, Fraction(0)) for name, _ in lines] if practice.get("held") else lines

    def _rounded(self, lines: Paid) -> list[int]:
        pence = [self.whole(amount) for _, amount in lines]
        earning = [place for place, (_, amount) in enumerate(lines) if amount != 0]
        if self.rounding["at"] == "period" and earning:
            pence[earning[-1]] += self.whole(sum(amount for _, amount in lines)) - sum(pence)
        return pence

    def _rounded_once(self, exact: dict[str, Paid]) -> dict[str, list[int]]:
        places = [(code, place) for code in sorted(exact) for place in range(len(exact[code]))]
        amounts = [exact[code][place][1] for code, place in places]
        shares = dict(zip(places, shared_out(amounts, self.whole(Fraction(sum(amounts)))), strict=True))
        return {code: [shares[code, place] for place in range(len(lines))] for code, lines in exact.items()}

    def node(self, node: Json, practice: Json) -> Paid:
        return getattr(self, f"pay_{node['type']}")(node, practice)

    def inside(self, span: Span) -> "Calculation":
        return replace(self, span=span)

    # What has no nodes below it.

    def pay_per_head(self, node: Json, practice: Json) -> Paid:
        size = self.measure(node["measure"], practice)
        return line(node, pounds(node["rate"]) * self.share(node, "year") * (size or 0))

    def pay_per_session(self, node: Json, practice: Json) -> Paid:
        return line(node, pounds(node["rate"]) * number(self.measure(node["measure"], practice)))

    def pay_fixed(self, node: Json, practice: Json) -> Paid:
        if "measure" in node:
            return line(node, 100 * number(self.measure(node["measure"], practice)))
        return line(node, pounds(node["amount"]) * self.share(node, "period"))

    def pay_linear(self, node: Json, practice: Json) -> Paid:
        level, lower, upper = self.measure(node["measure"], practice), decimal(node["lower"]), decimal(node["upper"])
        if level is None or level <= lower:
            share = Fraction(0)
        elif level >= upper:
            share = Fraction(1)
        else:
            share = (level - lower) / (upper - lower)
        return line(node, self.places(share * decimal(node["points"]), "points") * pounds(node["point_value"]))

    def pay_tiered(self, node: Json, practice: Json) -> Paid:
        level = self.measure(node["measure"], practice)
        each = self.measure(node["each"], practice) if "each" in node else Fraction(1)
        if level is None or each is None:
            return line(node, 0)
        if node.get("of") == "marginal":
            return line(node, sum(pounds(band["rate"]) * part_in(band, level) for band in node["bands"]))
        rates = [pounds(band["rate"]) for band in node["bands"] if holds(band, level)]
        return line(node, sum(rates) * each)

    def pay_per_event(self, node: Json, practice: Json) -> Paid:
        room = self.measure(node["at_most"], practice) if "at_most" in node else None
        if "at_most" in node and room is None:
            return line(node, 0)
        earned = Fraction(0)
        for day, claimed in self.events(node["measure"], practice):
            paid = claimed if room is None else max(min(claimed, room), Fraction(0))
            room = None if room is None else room - paid
            if day in self.span:
                earned += paid * rate_on(node, day)
        return line(node, earned)

    def pay_milestone(self, node: Json, practice: Json) -> Paid:
        weights = [decimal(item.get("weight", "1")) for item in node["items"]]
        done = [self.newly_done(item["measure"], practice) for item in node["items"]]
        parts = sum(weight * part for weight, part in zip(weights, done, strict=True))
        return line(node, pounds(node["amount"]) * parts / sum(weights))

    def pay_capped_reimbursement(self, node: Json, practice: Json) -> Paid:
        name = self.definition["measures"][node["measure"]]["fact"]
        earned, units = Fraction(0), dict[str | None, int]()
        for fact in facts_of(practice, name, Span(a_year_before(self.span.start), self.span.end)):
            subject = fact["subject"]
            units[subject] = unit = units.get(subject, 0) + 1
            if day_of(fact) in self.span and unit > node.get("waiting", 0):
                earned += min(pounds(fact["value"]), cap_of(node["caps"], unit, day_of(fact)))
        return line(node, earned)

    def pay_pooled(self, node: Json, practice: Json) -> Paid:
        if (node["id"], self.span) not in self.pools:
            self.pools[node["id"], self.span] = self.pool(node)
        return line(node, self.pools[node["id"], self.span].get(practice["code"], 0))

    def pool(self, node: Json) -> dict[str, int]:
        """What each practice gets that earns its share."""
        pot = self.whole(pounds(node["budget"]) * self.share(node, "year"))
        weights = {each["code"]: number(self.measure(node["weight"], each)) for each in self.practices}
        earning = {each["code"]: self.are_met(node.get("needs", ()), each) for each in self.practices}
        is_shared = node.get("unearned") == "redistribute"
        taking = sorted(code for code, weight in weights.items() if weight > 0 and (earning[code] or not is_shared))
        whole = sum(weights[code] for code in taking)
        shares = shared_out([pot * weights[code] / whole for code in taking], pot) if taking else []
        return {code: share for code, share in zip(taking, shares, strict=True) if earning[code]}

    # What is paid of nodes below.

    def pay_sum(self, node: Json, practice: Json) -> Paid:
        return [each for below in node["of"] for each in self.node(below, practice)]

    def pay_best_of(self, node: Json, practice: Json) -> Paid:
        return self.one_of(node, practice, max)

    def pay_least_of(self, node: Json, practice: Json) -> Paid:
        return self.one_of(node, practice, min)

    def one_of(self, node: Json, practice: Json, which: Any) -> Paid:
        ways = [self.node(below, practice) for below in node["of"]]
        totals = [sum(amount for _, amount in way) for way in ways]
        chosen = totals.index(which(totals))
        return [each for place, way in enumerate(ways) for each in (way if place == chosen else nothing(way))]

    def pay_times(self, node: Json, practice: Json) -> Paid:
        below = self.node(node["then"], practice)
        for factor in node["factors"]:
            by = self.factor(factor, practice)
            below = nothing(below) if by is None else [(name, amount * by) for name, amount in below]
        return below

    def factor(self, factor: Json, practice: Json) -> Fraction | None:
        above = decimal(factor["value"]) if "value" in factor else self.measure(factor["measure"], practice)
        if "over_measure" in factor:
            below = self.measure(factor["over_measure"], practice)
        else:
            below = decimal(factor.get("over", "1"))
        return None if above is None or not below else self.places(above / below, "factor")

    def pay_cap(self, node: Json, practice: Json) -> Paid:
        below, limit = self.node(node["then"], practice), self.limit(node, practice)
        total = sum(amount for _, amount in below)
        return [*below, *line(node, 0 if limit is None else min(limit - total, 0))]

    def pay_floor(self, node: Json, practice: Json) -> Paid:
        below, limit = self.node(node["then"], practice), self.limit(node, practice)
        total = sum(amount for _, amount in below)
        return [*below, *line(node, 0 if limit is None else max(limit - total, 0))]

    def limit(self, node: Json, practice: Json) -> Fraction | None:
        share = self.share(node, "year")
        if "amount" in node:
            return pounds(node["amount"]) * share
        size = self.measure(node["measure"], practice)
        return None if size is None else pounds(node["rate"]) * share * size

    def pay_gate(self, node: Json, practice: Json) -> Paid:
        below = self.node(node["then"], practice)
        return below if self.are_met(node["needs"], practice) else nothing(below)

    def pay_pro_rata(self, node: Json, practice: Json) -> Paid:
        days = self.span.each_day() if node["by"] == "days" else list(self.first_days())
        paid = share_of(self.node(node["then"], practice), days, [day for day in days if is_member(practice, day)])
        if node.get("successor") != "takes_over":
            return paid
        for former in self.practices:
            if former["code"] != practice["code"] and former.get("successor"):
                rest = share_of(self.node(node["then"], former), days, self.left_over(former, practice, days))
                paid = [(name, amount + more) for (name, amount), (_, more) in zip(paid, rest, strict=True)]
        return paid

    def left_over(self, former: Json, practice: Json, days: Sequence[date]) -> list[date]:
        """The days after the last one of a practice that closes within the time, while its successor is a member."""
        return [day for day in days if is_member(practice, day) and self.holder(former, day) == practice["code"]]

    def holder(self, former: Json, day: date) -> str:
        """Who has on that day what the practice leaves: the first of those that follow each other whose last day is not over."""
        codes, one = [former["code"]], former
        while one is not None and one.get("successor") and one["successor"] not in codes:
            there = [each for each in self.span.each_day() if is_member(one, each)]
            if not there or day <= there[-1]:
                break
            codes.append(one["successor"])
            one = next((each for each in self.practices if each["code"] == codes[-1]), None)
        return codes[-1]

    def pay_instalments(self, node: Json, practice: Json) -> Paid:
        below = self.inside(self.span.year).node(node["then"], practice)
        first, until = self.parts_of_year(node["parts"])
        return [(name, Fraction(in_parts(self.whole(amount), node["parts"], first, until))) for name, amount in below]

    def pay_advance(self, node: Json, practice: Json) -> Paid:
        """Each part by what was known on its last day, for a member of it; with the last one all parts are taken back."""
        below = self.inside(self.span.year).node(node["then"], practice)
        first, until = self.parts_of_year(node["parts"])
        parts = [self.part_advanced(node, practice, no) for no in range(until)]
        if until < node["parts"]:
            return [*line(node, sum(parts[first:])), *nothing(below)]
        return [*line(node, sum(parts[first:]) - sum(parts)), *below]

    def part_advanced(self, node: Json, practice: Json, no: int) -> int:
        april, months = self.span.year.start, 12 // node["parts"]
        start, end = months_on(april, no * months), months_on(april, (no + 1) * months)
        part = self.inside(Span(start, end))
        if practice["member"] is not None and not any(
            day in time for time in member_days(practice) for day in part.span.each_day()
        ):
            return 0
        return self.whole(pounds(node["share"]) * number(part.measure(node["measure"], practice)) / node["parts"])

    # Times.

    def share(self, node: Json, otherwise: str) -> Fraction:
        if node.get("rate_per", otherwise) == "period":
            return Fraction(1)
        if self.span.months is not None:
            return Fraction(self.span.months, 12)
        return sum((Fraction(1, Span(day, day).year.days) for day in self.span.each_day()), Fraction(0))

    def first_days(self) -> Iterable[date]:
        for month in range(self.span.months or 0):
            number_of_month = self.span.start.month - 1 + month
            yield date(self.span.start.year + number_of_month // 12, number_of_month % 12 + 1, self.span.start.day)

    def parts_of_year(self, parts: int) -> tuple[int, int]:
        april = self.span.year.start
        first, until = (Span(april, day).months for day in (self.span.start, self.span.end))
        assert first is not None
        assert until is not None
        return first * parts // 12, until * parts // 12

    # What is measured.

    def measure(self, name: str, practice: Json) -> Fraction | None:
        measure = self.definition["measures"][name]
        return getattr(self, f"measure_{measure['kind']}")(measure, practice)

    def measure_list_size(self, measure: Json, practice: Json) -> Fraction | None:
        start = self.span.start
        named = {
            "period_start": start,
            "quarter_start": date(start.year, (start.month - 1) // 3 * 3 + 1, 1),
            "year_start": self.span.year.start,
        }
        day = named.get(measure["snapshot"]) or date.fromisoformat(measure["snapshot"])
        known = [
            each
            for each in practice["lists"]
            if each.get(measure["basis"]) is not None and date.fromisoformat(each["as_at"]) <= day
        ]
        known.sort(key=lambda each: (each["as_at"], each["recorded_at"] or "", each["source"] or ""))
        return decimal(known[-1][measure["basis"]]) if known else None

    def measure_count(self, measure: Json, practice: Json) -> Fraction:
        months: dict[str, Fraction] = {}
        for fact in facts_of(practice, measure["fact"], self.span):
            months[fact["on"][:7]] = months.get(fact["on"][:7], Fraction(0)) + decimal(fact["value"])
        found = sum((at_most(many, measure.get("max_per_month")) for many in months.values()), Fraction(0))
        return at_most(found, measure.get("max_per_period"))

    def measure_amount(self, measure: Json, practice: Json) -> Fraction:
        return total(facts_of(practice, measure["fact"], self.span))

    def measure_level(self, measure: Json, practice: Json) -> Fraction | None:
        facts = facts_of(practice, measure["fact"], Span(self.span.year.start, self.span.end))
        if not facts:
            return None
        return decimal(facts[-1]["value"]) * (100 if measure.get("unit") == "percent" else 1)

    def measure_post_held(self, measure: Json, practice: Json) -> Fraction:
        days = [day for day in self.span.each_day() if is_member(practice, day)]
        held = [day for day in days if holds_post(practice, measure["post"], day)]
        return Fraction(len(held)) if measure.get("unit") == "days" else Fraction(len(held), len(days) or 1)

    def events(self, name: str, practice: Json) -> list[tuple[date, Fraction]]:
        """Each event that counts since the year, or the period, began."""
        measure = self.definition["measures"][name]
        is_yearly = measure.get("within", "year") == "year"
        start = self.span.year.start if is_yearly else self.span.start
        found, seen = [], set[tuple[date | None, str]]()
        for fact in facts_of(practice, measure["fact"], Span(start, self.span.end)):
            if "distinct" not in measure or fact["subject"] is None:
                found.append((day_of(fact), decimal(fact["value"])))
                continue
            once = (Span(day_of(fact), day_of(fact)).year.start if is_yearly else None, fact["subject"])
            if once not in seen and decimal(fact["value"]) > 0:
                seen.add(once)
                found.append((day_of(fact), Fraction(1)))
        return found

    def newly_done(self, name: str, practice: Json) -> Fraction:
        measure = self.definition["measures"][name]
        facts = facts_of(practice, measure["fact"], Span(self.span.year.start, self.span.end))
        in_time = [fact for fact in facts if fact["on"] <= measure.get("due", "9999")]
        before = [fact for fact in in_time if day_of(fact) < self.span.start]
        return how_far(in_time) - how_far(before)

    # What has to be true.

    def are_met(self, needs: Iterable[Json], practice: Json) -> bool:
        return all(self.is_met(need, practice) for need in needs)

    def is_met(self, need: Json, practice: Json) -> bool:
        if "fact" in need:
            start = self.span.year.start if need.get("within") == "year" else self.span.start
            facts = facts_of(practice, need["fact"], Span(start, self.span.end))
            return total(facts) >= decimal(need.get("at_least", "1"))
        held = need.get("held", "period_start")
        days = self.span.each_day()[:1] if held == "period_start" else self.span.each_day()
        found = [holds_post(practice, need["post"], day) for day in days]
        return any(found) if held == "any_day" else all(found)


def line(node: Json, pence: Fraction | int) -> Paid:
    return [(node["id"], Fraction(pence))]


def nothing(lines: Paid) -> Paid:
    return [(name, Fraction(0)) for name, _ in lines]


def decimal(text: str) -> Fraction:
    return Fraction(text)


def pounds(text: str) -> Fraction:
    """In pence."""
    return Fraction(text) * 100


def number(value: Fraction | None) -> Fraction:
    return Fraction(0) if value is None else value


def at_most(value: Fraction, cap: int | None) -> Fraction:
    return value if cap is None else min(value, Fraction(cap))


def to_whole(value: Fraction, mode: str) -> int:
    """Half up goes away from zero, half even to the even one, down towards zero."""
    size, sign = abs(value), -1 if value < 0 else 1
    if mode == "half_even":
        return sign * round(size)
    return sign * floor(size + (Fraction(1, 2) if mode == "half_up" else 0))


def shared_out(amounts: Sequence[Fraction], pence: int) -> list[int]:
    """Whole pence below each, then a penny each to the largest remainders, of equal ones to who comes first."""
    shares = [floor(amount) for amount in amounts]
    by_remainder = sorted(range(len(amounts)), key=lambda place: (shares[place] - amounts[place], place))
    for place in by_remainder[: pence - sum(shares)]:
        shares[place] += 1
    return shares


def in_parts(pence: int, parts: int, first: int, until: int) -> int:
    """Of equal parts, of which the first carry the pennies, those from one until another."""
    return sum(pence // parts + (place < pence % parts) for place in range(first, until))


def holds(band: Json, value: Fraction) -> bool:
    return decimal(band["at_least"]) <= value and ("below" not in band or value < decimal(band["below"]))


def part_in(band: Json, value: Fraction) -> Fraction:
    top = min(value, decimal(band["below"])) if "below" in band else value
    return max(top - decimal(band["at_least"]), Fraction(0))


def rate_on(node: Json, day: date) -> Fraction:
    if "rate" in node:
        return pounds(node["rate"])
    known = [each["rate"] for each in node["rates"] if date.fromisoformat(each["since"]) <= day]
    return pounds(known[-1]) if known else Fraction(0)


def cap_of(caps: Iterable[Json], unit: int, day: date) -> Fraction:
    known = [each for each in caps if each.get("since", "") <= day.isoformat() and each["from_unit"] <= unit]
    return pounds(known[-1]["cap"]) if known else Fraction(0)


def facts_of(practice: Json, name: str, span: Span) -> list[Json]:
    """Confirmed ones, the oldest first."""
    found = [fact for fact in practice["facts"] if fact["measure"] == name and fact["confirmed"]]
    return sorted((fact for fact in found if day_of(fact) in span), key=lambda fact: (fact["on"], fact["external_id"]))


def day_of(fact: Json) -> date:
    return date.fromisoformat(fact["on"])


def total(facts: Iterable[Json]) -> Fraction:
    return sum((decimal(fact["value"]) for fact in facts), Fraction(0))


def how_far(facts: Sequence[Json]) -> Fraction:
    return min(max(decimal(facts[-1]["value"]), Fraction(0)), Fraction(1)) if facts else Fraction(0)


def holds_post(practice: Json, post: str, day: date) -> bool:
    return any(each["post"] == post and day in dated(each) for each in practice["posts"])


def is_member(practice: Json, day: date) -> bool:
    return practice["member"] is None or any(day in part for part in member_days(practice))


def share_of(lines: Paid, days: Sequence[date], present: Sequence[date]) -> Paid:
    return [(name, amount * Fraction(len(present), len(days))) for name, amount in lines]


def member_days(practice: Json) -> list[Span]:
    member = practice["member"]
    return [dated(each) for each in (member if isinstance(member, list) else [member])]


def dated(term: Json) -> Span:
    return Span(
        date.fromisoformat(term["from"]), date.fromisoformat(term["until"]) if term["until"] else date(9999, 1, 1)
    )


def a_year_before(day: date) -> date:
    """Of 29 February: the 28th."""
    return day.replace(year=day.year - 1, day=28) if (day.month, day.day) == (2, 29) else day.replace(year=day.year - 1)


def months_on(first: date, number: int) -> date:
    """The first of a month, so many months later."""
    month = first.month - 1 + number
    return date(first.year + month // 12, month % 12 + 1, 1)
