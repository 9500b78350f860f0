"""What is wrong with a template, found without running it: whatever is not on the list here is refused."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from functools import lru_cache
from typing import Final

from jinja2 import TemplateSyntaxError, nodes

from app.communications.rules.templating.filling import Unfilled, example_fields, fill
from app.communications.rules.templating.language import ENVIRONMENTS, FILTERS
from app.communications.rules.templating.proving import Known, Proved
from app.communications.rules.templating.scoping import Bound, Scope, top_scope
from app.communications.values import FieldType, Flaw, Template, TemplateField, TemplateKind

MOST_FLAWS: Final = 20
_MOST_NODES: Final = 2_000
_MOST_DEPTH: Final = 12
_NEVER: Final = (
    "Calls, sums, modules, macros, `set` and the like are not part of the language: a template prints fields and chooses by"
    " `if` and `for`."
)
_ITEM: Final = re.compile(r"(?!(loop|self|super|caller|varargs|kwargs)$)[a-z][a-z0-9_]{0,40}")
_ORDERED: Final = (FieldType.NUMBER, FieldType.POUNDS, FieldType.DAY)


class _Refused(Exception):
    """One expression or tag is wrong; what stands around it is looked at all the same."""

    def __init__(self, line: int, code: str, detail: str) -> None:
        super().__init__(detail)
        self.flaw = (line, code, detail)


@lru_cache(maxsize=2048)
def is_sound(kind: TemplateKind, template: Template) -> bool:
    """Whether it may be used, remembered for as long as it is in use."""
    return not find_flaws(kind, template)


def find_flaws(kind: TemplateKind, template: Template) -> list[Flaw]:
    return find_flaws_of(kind.fields, template)


def find_flaws_of(fields: Sequence[TemplateField], template: Template) -> list[Flaw]:
    """The flaws of both parts, the subject's first: syntax, what is not allowed, fields that are not there or may be
    missing, and required fields that the body does not always say.
    """
    subject, body = (_Checker(part, fields) for part in ("subject", "body"))
    subject.check(template.subject)
    written = body.check(template.body)
    flaws = [*subject.flaws, *body.flaws]
    if not flaws:
        flaws = [_left_out(field) for field in fields if field.is_required and not _is_written(field, written)]
    return flaws[:MOST_FLAWS] or _tried(fields, template)


def _tried(fields: Sequence[TemplateField], template: Template) -> list[Flaw]:
    """The second fence: it is filled in with the examples, with all there can be and with the least."""
    for is_least in (False, True):
        try:
            fill("template", fields, example_fields(fields, is_least=is_least), template)
        except Unfilled:
            return [Flaw("body", 1, "not_filled_in", "With examples it comes to nothing, or to far too much.")]
    return []


def _left_out(field: TemplateField) -> Flaw:
    how = f"`{{{{ {field.name}.{field.of[0].name} }}}}`" if field.of else f"`{{{{ {field.name} }}}}`"
    if field.is_list:
        how = f"a loop over `{field.name}` that prints each"
    where = f"; inside `{{% if {field.name} %}}`, as there may be none" if field.is_optional else ""
    return Flaw("body", 1, "left_out", f"The body does not say `{field.name}` in every case. Add {how}{where}.")


def _is_written(field: TemplateField, written: frozenset[str]) -> bool:
    return any(path == field.name or path.startswith(f"{field.name}.") for path in written)


@dataclass(frozen=True, slots=True)
class _Place:
    """Where the check is: what can be named, what is known to be there, and how deep."""

    scope: Scope
    known: Known = field(default_factory=Known)
    depth: int = 0
    loops: tuple[str, ...] = ()

    def deeper(self, node: nodes.Node) -> "_Place":
        if self.depth >= _MOST_DEPTH:
            raise _Refused(node.lineno, "too_deep", f"At most {_MOST_DEPTH} tags or signs may stand within each other.")
        return replace(self, depth=self.depth + 1)


class _Checker:
    """One part of a template. `check` returns what it says in every case, by path."""

    def __init__(self, part: str, fields: Sequence[TemplateField]) -> None:
        self.part = part
        self.flaws: list[Flaw] = []
        self._scope = top_scope(fields)
        self._seen = 0

    def check(self, source: str) -> frozenset[str]:
        try:
            tree = ENVIRONMENTS[self.part].parse(source)
        except TemplateSyntaxError as error:
            self._note(error.lineno, "syntax", "It cannot be read: a tag is not closed, not known, or out of place.")
        except (RecursionError, ValueError):
            # Thousands of brackets within each other, or a number of thousands of digits.
            self._note(1, "syntax", "It cannot be read: something in it is far too deep or too long.")
        else:
            return self._block(tree.body, _Place(self._scope))
        return frozenset()

    def _note(self, line: int, code: str, detail: str) -> None:
        self.flaws.append(Flaw(self.part, line, code, f"Line {line}: {detail}"))

    def _block(self, block: Sequence[nodes.Node], place: _Place) -> frozenset[str]:
        written: set[str] = set()
        for node in block:
            if len(self.flaws) >= MOST_FLAWS:
                break
            try:
                written |= self._statement(node, place.deeper(node))
            except _Refused as refused:
                self._note(*refused.flaw)
        return frozenset(written)

    def _statement(self, node: nodes.Node, place: _Place) -> frozenset[str]:
        self._count(node)
        match node:
            case nodes.Output():
                return frozenset().union(*(self._printed(each, place) for each in node.nodes))
            case nodes.If():
                return self._if(node, place)
            case nodes.For():
                return self._for(node, place)
        raise _Refused(node.lineno, "not_allowed", _NEVER)

    def _if(self, node: nodes.If, place: _Place) -> frozenset[str]:
        """What every branch says, or cannot say because there is none of it."""
        branches, known = [], place.known
        for branch in (node, *node.elif_):
            self._count(branch)
            when = self._condition(branch.test, replace(place, known=known))
            branches.append((branch.body, known.and_(when.true)))
            known = known.and_(when.false)
        branches.append((node.else_, known))
        return frozenset.intersection(
            *(self._block(body, replace(place, known=known)) | known.absent for body, known in branches)
        )

    def _for(self, node: nodes.For, place: _Place) -> frozenset[str]:
        """A loop inside a loop goes over what the outer one's item has, so that the work grows with the data alone."""
        if node.recursive or node.test is not None or not isinstance(node.target, nodes.Name):
            raise _Refused(node.lineno, "not_allowed", "Write a loop as `{% for item in list %}`, and no more.")
        if not _ITEM.fullmatch(node.target.name):
            raise _Refused(node.lineno, "not_allowed", "Give the item of a loop another name.")
        over = self._value(node.iter, place)
        if not over.field.is_list:
            raise _Refused(node.lineno, "wrong_type", "A loop goes over a field that is a list.")
        if place.loops and not over.path.startswith(f"{place.loops[-1]}."):
            raise _Refused(node.lineno, "not_allowed", "A loop inside a loop goes over a list of the outer one's item.")
        inner = replace(
            place, scope=place.scope.with_item(node.target.name, over), loops=(*place.loops, over.item.path)
        )
        body = self._block(node.body, inner)
        self._block(node.else_, place)
        says_items = any(path == over.item.path or path.startswith(f"{over.item.path}.") for path in body)
        return frozenset({over.path} if says_items else ())

    def _printed(self, node: nodes.Node, place: _Place) -> frozenset[str]:
        if isinstance(node, nodes.TemplateData):
            return frozenset()
        self._count(node)
        if isinstance(node, nodes.CondExpr):
            return self._either(node, place.deeper(node))
        if isinstance(node, nodes.Const) and isinstance(node.value, str):
            return frozenset()
        found = self._filtered(node, place) if isinstance(node, nodes.Filter) else self._value(node, place)
        self._require_printable(found, node)
        return frozenset({found.path})

    def _either(self, node: nodes.CondExpr, place: _Place) -> frozenset[str]:
        if node.expr2 is None:
            raise _Refused(node.lineno, "not_allowed", "Say after `else` what is printed otherwise.")
        when = self._condition(node.test, place)
        known = place.known.and_(when.true), place.known.and_(when.false)
        sides = [
            self._printed(side, replace(place, known=each)) | each.absent
            for side, each in zip((node.expr1, node.expr2), known, strict=True)
        ]
        return frozenset.intersection(*sides)

    def _require_printable(self, found: Bound, node: nodes.Node) -> None:
        field = found.field
        if field.is_list:
            raise _Refused(node.lineno, "wrong_type", f"`{field.name}` is a list: print each in a `for`.")
        if field.type is FieldType.RECORD:
            raise _Refused(node.lineno, "wrong_type", f"`{field.name}` has parts: {_names(field.of)}.")
        if field.type is FieldType.FLAG:
            raise _Refused(node.lineno, "wrong_type", f"`{field.name}` is true or false: use it in an `if`.")
        if field.type is FieldType.MARKDOWN and self.part == "subject":
            raise _Refused(node.lineno, "wrong_type", f"`{field.name}` is more than a line and belongs into the body.")

    def _filtered(self, node: nodes.Filter, place: _Place) -> Bound:
        known = FILTERS.get(node.name)
        if known is None:
            raise _Refused(node.lineno, "not_allowed", f"There is no such filter. There are: {', '.join(FILTERS)}.")
        words = [each.value for each in node.args if isinstance(each, nodes.Const) and isinstance(each.value, str)]
        if len(words) != len(node.args) or len(words) not in known.words or node.kwargs:
            raise _Refused(node.lineno, "not_allowed", f"`{node.name}` takes other words than these.")
        if node.dyn_args is not None or node.dyn_kwargs is not None or node.node is None:
            raise _Refused(node.lineno, "not_allowed", _NEVER)
        found = self._value(node.node, place)
        if found.field.type is not known.takes or found.field.is_list:
            raise _Refused(node.lineno, "wrong_type", f"`{node.name}` is for a field of type {known.takes}.")
        return found

    def _value(self, node: nodes.Node, place: _Place) -> Bound:
        """A field that is there, whatever the message."""
        found = self._path(node, place)
        if found.field.is_optional and found.path not in place.known.present:
            name = found.field.name
            raise _Refused(
                node.lineno, "may_be_missing", f"There may be no `{name}`: put it inside `{{% if {name} %}}`."
            )
        return found

    def _path(self, node: nodes.Node, place: _Place) -> Bound:
        self._count(node)
        if isinstance(node, nodes.Name):
            return _found(place.scope.find(node.name), node, place.scope.names())
        if isinstance(node, nodes.Getattr):
            # Only what has parts is looked into; an attribute of Python's own is as unknown as any other name.
            owner = self._value(node.node, place.deeper(node))
            parts = () if owner.field.is_list else owner.field.of
            return _found(owner.part(node.attr) if parts else None, node, [each.name for each in parts])
        raise _Refused(node.lineno, "not_allowed", _NEVER)

    def _condition(self, node: nodes.Node, place: _Place) -> Proved:
        self._count(node)
        place = place.deeper(node)
        match node:
            case nodes.And() | nodes.Or():
                return self._both(node, place)
            case nodes.Not():
                return self._condition(node.node, place).turned()
            case nodes.Test(name="none") if not node.args and not node.kwargs:
                return Proved.of_none(self._path(node.node, place).path)
            case nodes.Compare():
                self._comparison(node, place)
                return Proved()
        return Proved.of_path(self._path(node, place).path)

    def _both(self, node: nodes.And | nodes.Or, place: _Place) -> Proved:
        """The right side is looked at only where the left one leaves it open."""
        left = self._condition(node.left, place)
        is_and = isinstance(node, nodes.And)
        met = left.true if is_and else left.false
        right = self._condition(node.right, replace(place, known=place.known.and_(met)))
        return left.and_(right) if is_and else left.or_(right)

    def _comparison(self, node: nodes.Compare, place: _Place) -> None:
        if len(node.ops) != 1 or node.ops[0].op not in ("eq", "ne", "lt", "lteq", "gt", "gteq"):
            raise _Refused(node.lineno, "not_allowed", "Compare two things, by ==, !=, <, <=, > or >=.")
        [operand] = node.ops
        left, right = node.expr, operand.expr
        if isinstance(left, nodes.Const):
            left, right = right, left
        is_ordering = operand.op not in ("eq", "ne")
        field = self._value(left, place).field
        if field.is_list or field.of or (is_ordering and field.type not in _ORDERED):
            raise _Refused(node.lineno, "wrong_type", f"`{field.name}` cannot be compared like this.")
        if not isinstance(right, nodes.Const):
            other = self._value(right, place).field
            if other.is_list or other.type is not field.type:
                raise _Refused(node.lineno, "wrong_type", "Two fields of one type are compared.")
            return
        problem = _constant_problem(field, right.value)
        if problem:
            raise _Refused(node.lineno, "wrong_type", problem)

    def _count(self, node: nodes.Node) -> None:
        self._seen += 1
        if self._seen > _MOST_NODES:
            raise _Refused(node.lineno, "too_long", f"A template may have {_MOST_NODES} tags and signs at most.")


def _constant_problem(field: TemplateField, value: object) -> str | None:
    match field.type:
        case FieldType.CHOICE if value in field.choices:
            return None
        case FieldType.CHOICE:
            return f"`{field.name}` is one of: {', '.join(field.choices)}."
        case FieldType.TEXT if isinstance(value, str):
            return None
        case FieldType.NUMBER if isinstance(value, int) and not isinstance(value, bool):
            return None
        case FieldType.POUNDS if value == 0 and value is not False:
            return None
        case FieldType.POUNDS:
            return f"`{field.name}` is compared with 0 or with another amount."
    return f"`{field.name}` is not compared with words or numbers; ask `is none` or use it in an `if`."


def _found(bound: Bound | None, node: nodes.Name | nodes.Getattr, names: Sequence[str]) -> Bound:
    if bound is not None:
        return bound
    asked = node.name if isinstance(node, nodes.Name) else node.attr
    near = get_close_matches(asked, names, n=1)
    hint = f" Did you mean `{near[0]}`?" if near else f" There are: {', '.join(names)}." if names else ""
    raise _Refused(node.lineno, "unknown_field", f"There is no field of that name here.{hint}")


def _names(fields: Sequence[TemplateField]) -> str:
    return ", ".join(f"`{each.name}`" for each in fields)
