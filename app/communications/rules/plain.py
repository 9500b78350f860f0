"""Markdown as a mail reader without HTML shows it: no signs, links written out, lists and tables as lines."""

from collections.abc import Iterator, Sequence
from typing import Final

from markdown_it import MarkdownIt
from markdown_it.token import Token

_LINE: Final = "-" * 20
_BLOCKS: Final = frozenset(
    ("paragraph_close", "heading_close", "bullet_list_close", "ordered_list_close", "table_close")
)


def markdown_parser() -> MarkdownIt:
    """The Markdown that is written here: CommonMark with tables and strikethrough. Raw HTML in it is text."""
    return MarkdownIt("commonmark", {"html": False}).enable("table").enable("strikethrough")


_PARSER: Final = markdown_parser()


def plain_text(markdown: str) -> str:
    """`Statement **S7**, see [the scheme](https://x.example).` is `Statement S7, see the scheme (https://x.example).`"""
    writer = _Writer()
    for token in _PARSER.parse(markdown):
        writer.write(token)
    return writer.text()


class _Writer:
    """Blocks one after another, each line under the margin of the lists and quotes around it."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._margins: list[str] = []
        self._numbers: list[int | None] = []
        self._cells: list[str] | None = None
        self._first = ""

    def text(self) -> str:
        return "\n".join(self._lines).strip("\n")

    def write(self, token: Token) -> None:
        if token.type in ("bullet_list_open", "ordered_list_open"):
            self._numbers.append(int(token.attrGet("start") or 1) if token.type == "ordered_list_open" else None)
        elif token.type == "list_item_open":
            self._begin_item()
        elif token.type == "blockquote_open":
            self._margins.append("> ")
        elif token.type in ("list_item_close", "blockquote_close"):
            self._margins.pop()
        elif token.type == "tr_open":
            self._cells = []
        elif token.type == "tr_close":
            self._put(" | ".join(self._cells or ()))
            self._cells = None
        elif token.type == "inline":
            self._inline(token)
        elif token.type in ("fence", "code_block"):
            self._put(token.content.rstrip("\n"))
            self._gap()
        elif token.type == "hr":
            self._put(_LINE)
            self._gap()
        if token.type in _BLOCKS:
            self._end_block(token)

    def _begin_item(self) -> None:
        number = self._numbers[-1]
        self._first = "- " if number is None else f"{number}. "
        if number is not None:
            self._numbers[-1] = number + 1
        self._margins.append(" " * len(self._first))

    def _inline(self, token: Token) -> None:
        words = "".join(_inline_words(token.children or ()))
        if self._cells is None:
            self._put(words)
        else:
            self._cells.append(words)

    def _put(self, words: str) -> None:
        for line in words.split("\n"):
            margin = "".join(self._margins)
            if self._first:
                margin, self._first = margin[: -len(self._first)] + self._first, ""
            self._lines.append(f"{margin}{line}".rstrip())

    def _end_block(self, token: Token) -> None:
        if token.type.endswith("list_close"):
            self._numbers.pop()
        # The items of a list that has no empty lines of its own stand close together.
        if not token.hidden and not (token.type.endswith("list_close") and self._numbers):
            self._gap()

    def _gap(self) -> None:
        if self._lines and self._lines[-1]:
            self._lines.append("")


def _inline_words(children: Sequence[Token]) -> Iterator[str]:
    links: list[tuple[str, list[str]]] = []
    for child in children:
        if child.type == "link_open":
            links.append((str(child.attrGet("href") or ""), []))
            continue
        if child.type == "link_close":
            address, words = links.pop()
            shown = "".join(words)
            piece = shown if not address or address in (shown, f"mailto:{shown}") else f"{shown} ({address})"
        elif child.type in ("softbreak", "hardbreak"):
            piece = "\n"
        else:
            # Emphasis has tokens of its own, without content; an image is what it is said to show.
            piece = child.content
        if links:
            links[-1][1].append(piece)
        else:
            yield piece
