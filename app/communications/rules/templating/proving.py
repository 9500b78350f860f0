"""What a condition says about fields of which there may be none: inside `{% if signatory %}` there is one."""

from dataclasses import dataclass, field

_NOTHING: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Known:
    """Paths of which it is known that something is there, or that nothing is."""

    present: frozenset[str] = _NOTHING
    absent: frozenset[str] = _NOTHING

    def and_(self, other: "Known") -> "Known":
        return Known(self.present | other.present, self.absent | other.absent)

    def or_(self, other: "Known") -> "Known":
        return Known(self.present & other.present, self.absent & other.absent)


@dataclass(frozen=True, slots=True)
class Proved:
    """What is known where a condition holds, and where it does not."""

    true: Known = field(default_factory=Known)
    false: Known = field(default_factory=Known)

    @classmethod
    def of_path(cls, path: str) -> "Proved":
        return cls(Known(present=frozenset({path})), Known(absent=frozenset({path})))

    @classmethod
    def of_none(cls, path: str) -> "Proved":
        return cls.of_path(path).turned()

    def turned(self) -> "Proved":
        return Proved(self.false, self.true)

    def and_(self, other: "Proved") -> "Proved":
        return Proved(self.true.and_(other.true), self.false.or_(other.false))

    def or_(self, other: "Proved") -> "Proved":
        return self.turned().and_(other.turned()).turned()
