"""A simulation as a picture, for those who would rather look than read: how the pounds for each patient are spread, and who
gains and who loses. Plain SVG without scripts or fonts of its own; whoever cannot see it is told the same in words.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import count
from math import floor
from typing import Final
from xml.sax.saxutils import escape

from app.core.money import format_pounds
from app.core.wording import counted
from app.schemes.values import SimulatedPractice

_MOST_BARS: Final = 12
_WIDTH, _PANEL, _LEFT, _BAR, _HIGH = 760, 270, 50, 56, 150
_STYLE: Final = (
    "text{font:13px sans-serif;fill:#212b32}.head{font-weight:bold;font-size:15px}"
    ".more{fill:#005eb8}.less{fill:url(#lines);stroke:#7c2855}.axis{stroke:#4c6272}"
)
# Losses are hatched as well as of another colour, for those who do not tell colours apart and for printers.
_LINES: Final = (
    '<pattern id="lines" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
    '<rect width="6" height="6" fill="#fff"/><rect width="3" height="6" fill="#7c2855"/></pattern>'
)


@dataclass(frozen=True, slots=True)
class Bar:
    """How many practices have from so many pence on for each patient, and less than so many; at an end of the picture that
    is open, also those with less or with more than that.
    """

    low: int
    high: int
    practices: int
    is_open_below: bool = False
    is_open_above: bool = False

    @property
    def span(self) -> str:
        if self.is_open_below:
            return f"less than {format_pounds(self.high)}"
        if self.is_open_above:
            return f"{format_pounds(self.low)} and more"
        return f"from {format_pounds(self.low)} to less than {format_pounds(self.high)}"


def bars(pence: Sequence[Fraction]) -> list[Bar]:
    """At most twelve bars of one round width, from the practice at the 2nd percentile to that at the 98th; whoever is
    beyond stands in the bar at that end, so that one practice with three patients does not flatten all others.

    1.10, 1.15 and 1.34 pounds stand in the first, second and last of the five bars from 1.10 to 1.35, each of 0.05. The
    rule is ours.
    """
    if not pence:
        return []
    ordered = sorted(pence)
    beyond = len(ordered) // 50
    low, high = ordered[beyond], ordered[-1 - beyond]
    width = next(step for step in _round_steps() if floor(high / step) - floor(low / step) < _MOST_BARS)
    first, last = floor(low / width), floor(high / width)
    found = Counter(min(max(floor(each / width), first), last) for each in ordered)
    return [
        Bar(
            low=place * width,
            high=(place + 1) * width,
            practices=found[place],
            is_open_below=place == first and floor(ordered[0] / width) < first,
            is_open_above=place == last and floor(ordered[-1] / width) > last,
        )
        for place in range(first, last + 1)
    ]


def _round_steps() -> Iterable[int]:
    """1, 2, 5, 10, 20, 50 pence and so on."""
    return (digit * 10**power for power in count() for digit in (1, 2, 5))


def simulation_picture(title: str, practices: Sequence[SimulatedPractice]) -> str:
    """One panel of the pounds that each practice can expect for each patient; a second of what that is more or less than
    by the present rules, where they were compared.
    """
    listed = [one for one in practices if one.registered]
    compared = [one for one in listed if one.before is not None]
    panels = [_Panel("Practices by expected pounds for each patient", [_each(one, one.now.expected) for one in listed])]
    if compared:
        changes = [_each(one, one.now.expected - (one.before.expected if one.before else 0)) for one in compared]
        panels.append(
            _Panel(
                "Practices by pounds more or less for each patient than by the present rules", changes, is_change=True
            )
        )
    words = " ".join([*(panel.words() for panel in panels), *_left_out(len(practices) - len(listed))])
    drawn = "".join(panel.drawn(top=40 + place * _PANEL) for place, panel in enumerate(panels))
    height = 50 + len(panels) * _PANEL
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}" height="{height}"'
        f' role="img" aria-labelledby="title words"><title id="title">{escape(title)}</title>'
        f'<desc id="words">{escape(words)}</desc><style>{_STYLE}</style><defs>{_LINES}</defs>'
        f'<rect width="{_WIDTH}" height="{height}" fill="#fff"/>'
        f'<text class="head" x="{_LEFT}" y="24">{escape(title)}</text>{drawn}</svg>\n'
    )


def _each(one: SimulatedPractice, pence: int) -> Fraction:
    return Fraction(pence) / Fraction(one.registered or 1)


def _left_out(without_list: int) -> list[str]:
    return [f"{counted(without_list, 'practice')} without a list not shown."] if without_list else []


@dataclass(frozen=True, slots=True)
class _Panel:
    title: str
    pence: Sequence[Fraction]
    is_change: bool = False

    @property
    def shown(self) -> list[Fraction]:
        """Who neither gains nor loses is said in words: a bar beside nought would look like a gain."""
        return [each for each in self.pence if each] if self.is_change else list(self.pence)

    def words(self) -> str:
        parts = [f"{counted(bar.practices, 'practice')} {bar.span}" for bar in bars(self.shown) if bar.practices]
        return f"{self.title}: {'; '.join([*parts, *self._balance()]) or 'nothing to show'}."

    def _balance(self) -> list[str]:
        if not self.is_change:
            return []
        gaining, losing = sum(each > 0 for each in self.pence), sum(each < 0 for each in self.pence)
        same = len(self.pence) - gaining - losing
        return [f"in all {gaining} gain, {losing} lose and {same} stay the same"]

    def drawn(self, *, top: int) -> str:
        found = bars(self.shown)
        base, highest = top + 70 + _HIGH, max((bar.practices for bar in found), default=1)
        parts = [f'<text class="head" x="{_LEFT}" y="{top + 20}">{escape(self.title)}</text>']
        parts += [f'<text x="{_LEFT}" y="{top + 40}">{escape(text)}</text>' for text in self._balance()]
        for place, bar in enumerate(found):
            parts.append(_drawn(bar, x=_LEFT + place * _BAR, base=base, high=_HIGH * bar.practices // highest))
        end = _LEFT + max(len(found), 1) * _BAR
        parts.append(f'<line class="axis" x1="{_LEFT}" y1="{base}" x2="{end}" y2="{base}"/>')
        parts += [_edge(bar.high, x=end, base=base) for bar in found[-1:] if not bar.is_open_above]
        return "".join(parts)


def _drawn(bar: Bar, *, x: int, base: int, high: int) -> str:
    kind, middle = "less" if bar.low < 0 else "more", x + _BAR // 2
    title = f"<title>{counted(bar.practices, 'practice')} {bar.span}</title>"
    number = f'<text x="{middle}" y="{base - high - 5}" text-anchor="middle">{bar.practices or ""}</text>'
    edge = "" if bar.is_open_below else _edge(bar.low, x=x, base=base)
    return (
        f'<g>{title}<rect class="{kind}" x="{x + 3}" y="{base - high}" width="{_BAR - 6}" height="{high}"/>'
        f"{number}{edge}</g>"
    )


def _edge(pence: int, *, x: int, base: int) -> str:
    return f'<text x="{x}" y="{base + 18}" text-anchor="middle">{format_pounds(pence)}</text>'
