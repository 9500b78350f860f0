"""What a version changes against the rules of the present, practice by practice."""

from collections.abc import Sequence

from app.schemes.values import PracticeRange, RangeChange


def changes(now: Sequence[PracticeRange], before: Sequence[PracticeRange]) -> tuple[RangeChange, ...]:
    """Of the practices that have figures by both.

    A practice that could earn 16,824.00 by the present rules and 18,506.40 by the new ones gains 1,682.40. The rule is
    ours.
    """
    known = {one.practice: one for one in before}
    return tuple(_change(one, known[one.practice]) for one in now if one.practice in known)


def _change(now: PracticeRange, before: PracticeRange) -> RangeChange:
    is_bounded = now.most is not None and before.most is not None
    return RangeChange(
        before=before,
        least=now.least - before.least,
        expected=now.expected - before.expected,
        most=(now.most or 0) - (before.most or 0) if is_bounded else None,
    )
