"""One byte form for each value, so that a digest says whether two calculations were the same."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import lru_cache
from operator import attrgetter
from typing import Any, Final

import msgspec

from app.calculation.values import (
    ENGINE_VERSION,
    Fact,
    Line,
    ListSize,
    PostHeld,
    PracticeInput,
    PracticeResult,
)
from app.core.clock import Period
from app.core.money import format_pounds, plain

# The same form as `_dump` writes, at a tenth of the time, of values in which no integer is large. A test holds them together.
_encoder: Final = msgspec.json.Encoder(order="sorted")
_by_day: Final = attrgetter("on", "external_id")


def canonical_json(value: object) -> bytes:
    """JSON with sorted keys and no spaces. A float is refused: it has no one decimal form that everybody agrees on."""
    return _dump(_plain_value(value))


def inputs_digest(definition_raw: Mapping[str, Any], *, period: Period, practices: Sequence[PracticeInput]) -> str:
    frozen = [practice_bytes(each) for each in sorted(practices, key=attrgetter("code"))]
    return frozen_digest(definition_raw, period=period, frozen=frozen)


def frozen_digest(definition_raw: Mapping[str, Any], *, period: Period, frozen: Sequence[bytes]) -> str:
    """The same digest of practices that are in their frozen form already, in the order of their codes.

    They are put in as they are, so that looking back at a year of periods does not write the same practices anew.
    """
    head = _dump(
        {"definition": _plain_value(definition_raw), "engine": ENGINE_VERSION, "period": _period_to_json(period)}
    )
    return hashlib.sha256(b'%b,"practices":[%b]}' % (head[:-1], b",".join(frozen))).hexdigest()


def practice_bytes(practice: PracticeInput) -> bytes:
    """The canonical form of what is frozen of a practice."""
    facts = msgspec.Raw(msgspec.json.encode([_plain_fact(each) for each in _facts_in_order(practice.facts)]))
    return _encoder.encode(_practice(practice, facts))


def outputs_digest(results: Sequence[PracticeResult]) -> str:
    plain_results = [_result_to_json(each) for each in sorted(results, key=attrgetter("code"))]
    return hashlib.sha256(_dump(plain_results)).hexdigest()


def practice_to_json(practice: PracticeInput) -> dict[str, Any]:
    """The frozen form of what a run knew of a practice; the order in which it was gathered leaves no trace.

    `held`, `successor` and `claimed` are written only where there is one, so that digests stored before there were such
    members still hold.
    """
    return _practice(practice, facts_to_json(practice.facts))


def _practice(practice: PracticeInput, facts: Any) -> dict[str, Any]:
    frozen = {
        "code": practice.code,
        "lists": _in_order([_list_to_json(each) for each in practice.lists]),
        "posts": _in_order([_post_to_json(each) for each in practice.posts]),
        "facts": facts,
        "member": _member_to_json(practice.member),
    }
    claimed = None if practice.claimed is None else facts_to_json(practice.claimed)
    rare = {"held": practice.held, "successor": practice.successor, "claimed": claimed}
    return frozen | {name: value for name, value in rare.items() if value is not None}


def facts_to_json(facts: Sequence[Fact]) -> list[dict[str, Any]]:
    """In one order."""
    return [_fact_to_json(each) for each in _facts_in_order(facts)]


def facts_from_json(frozen: Sequence[Mapping[str, Any]]) -> tuple[Fact, ...]:
    return tuple(map(_fact_from_json, frozen))


def practice_from_json(frozen: Mapping[str, Any]) -> PracticeInput:
    return PracticeInput(
        code=frozen["code"],
        lists=tuple(_list_from_json(each) for each in frozen["lists"]),
        posts=tuple(
            PostHeld(each["post"], date.fromisoformat(each["from"]), _date(each["until"])) for each in frozen["posts"]
        ),
        facts=facts_from_json(frozen["facts"]),
        member=_member_from_json(frozen["member"]),
        held=frozen.get("held"),
        successor=frozen.get("successor"),
        claimed=facts_from_json(frozen["claimed"]) if "claimed" in frozen else None,
    )


def _dump(plain_value: object) -> bytes:
    """Of what this slice built itself out of text, whole numbers and containers; it needs no second look."""
    return json.dumps(plain_value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def _plain_value(value: object) -> Any:
    if value is None or isinstance(value, str | int):
        return value
    if isinstance(value, Mapping):
        return {_key(key): _plain_value(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain_value(each) for each in value]
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, datetime):
        return _instant_text(value)
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no canonical form.")


def _key(key: object) -> str:
    if not isinstance(key, str):
        raise TypeError("A canonical object has string keys.")
    return key


def _in_order(plain_objects: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(plain_objects, key=_sort_key) if len(plain_objects) > 1 else plain_objects


def _sort_key(plain_object: dict[str, Any]) -> list[str]:
    return [str(value) for value in plain_object.values()]


def _result_to_json(result: PracticeResult) -> dict[str, Any]:
    return {
        "code": result.code,
        "lines": [_line_to_json(line) for line in result.lines],
        "total": format_pounds(result.total),
        "notes": result.notes,
    }


def _line_to_json(line: Line) -> dict[str, Any]:
    return {
        "component": line.component,
        "quantity": line.quantity,
        "rate": line.rate,
        "amount": format_pounds(line.amount),
        "payee": {"type": line.payee.type, "code": line.payee.code},
        "sentence": line.sentence,
        "workings": line.workings,
        "blocked": line.blocked,
    }


def _list_to_json(each: ListSize) -> dict[str, Any]:
    # A list without an adjusted size is written as it was before there were any: digests stored since then still hold.
    adjusted = {} if each.adjusted is None else {"adjusted": plain(each.adjusted)}
    return {
        "as_at": each.as_at.isoformat(),
        "recorded_at": _instant_text(each.recorded_at) if each.recorded_at else None,
        "registered": _number(each.registered),
        "weighted": _number(each.weighted),
        "source": each.source,
        "published_period": each.published_period,
        **adjusted,
    }


def _list_from_json(frozen: Mapping[str, Any]) -> ListSize:
    return ListSize(
        as_at=date.fromisoformat(frozen["as_at"]),
        registered=_decimal(frozen["registered"]),
        weighted=_decimal(frozen["weighted"]),
        source=frozen["source"],
        published_period=frozen["published_period"],
        recorded_at=datetime.fromisoformat(frozen["recorded_at"]) if frozen["recorded_at"] else None,
        adjusted=_decimal(frozen.get("adjusted")),
    )


def _post_to_json(each: PostHeld) -> dict[str, Any]:
    return {"post": each.post, **_period_to_json(Period(each.valid_from, each.valid_until))}


def _facts_in_order(facts: Sequence[Fact]) -> Sequence[Fact]:
    """By day and external id, as a rule the order in which they were read; of equal ones by all that is known."""
    keys = list(map(_by_day, facts))
    if len(set(keys)) == len(keys):
        return facts if sorted(keys) == keys else sorted(facts, key=_by_day)
    return sorted(facts, key=lambda each: _sort_key(_fact_to_json(each)))


class _PlainFact(msgspec.Struct):
    """Written in the order of the members, which is that of the alphabet: at a third of the time of a mapping."""

    confirmed: bool
    external_id: str
    measure: str
    on: date
    subject: str | None
    value: str


def _plain_fact(each: Fact) -> _PlainFact:
    return _PlainFact(each.confirmed, each.external_id, each.measure, each.on, each.subject, plain(each.value))


def _fact_to_json(each: Fact) -> dict[str, Any]:
    return {
        "on": each.on.isoformat(),
        "external_id": each.external_id,
        "measure": each.measure,
        "value": plain(each.value),
        "subject": each.subject,
        "confirmed": each.confirmed,
    }


def _fact_from_json(frozen: Mapping[str, Any]) -> Fact:
    return Fact(
        external_id=frozen["external_id"],
        measure=frozen["measure"],
        on=date.fromisoformat(frozen["on"]),
        value=Decimal(frozen["value"]),
        subject=frozen["subject"],
        confirmed=frozen["confirmed"],
    )


def _member_to_json(member: Sequence[Period] | None) -> Any:
    """One time as a member stands alone, as it did when there could be no more: digests stored since then still hold."""
    if member is None:
        return None
    several = [_period_to_json(each) for each in sorted(member, key=attrgetter("valid_from"))]
    return several[0] if len(several) == 1 else several


def _member_from_json(frozen: Any) -> tuple[Period, ...] | None:
    if frozen is None:
        return None
    return tuple(_period_from_json(each) for each in ([frozen] if isinstance(frozen, Mapping) else frozen))  # pyright: ignore


def _period_to_json(period: Period) -> dict[str, Any]:
    until = period.valid_until
    return {"from": period.valid_from.isoformat(), "until": until.isoformat() if until else None}


def _period_from_json(frozen: Mapping[str, Any]) -> Period:
    return Period(date.fromisoformat(frozen["from"]), _date(frozen["until"]))


def _date(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _number(value: Decimal | None) -> str | None:
    return None if value is None else plain(value)


def _decimal(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


# An import records thousands of lists at one instant.
@lru_cache(maxsize=1024)
def _instant_text(instant: datetime) -> str:
    """To the microsecond: of two corrections in one millisecond the later one counts, after freezing too."""
    if instant.tzinfo is None:
        raise ValueError("An instant needs a time zone.")
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")
