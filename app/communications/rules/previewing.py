"""What an editor is told beside a preview."""

import re
from collections.abc import Collection, Iterator
from typing import Final

from app.communications.values import Template, Worded

_LONG_SUBJECT: Final = 100
_TAG: Final = re.compile(r"</?[A-Za-z][^<>\n]{0,200}>")


def warnings_of(template: Template, worded: Worded, *, invented: Collection[str]) -> Iterator[str]:
    if invented:
        yield f"These are examples, not what is real: {', '.join(sorted(invented))}."
    if worded.failure:
        yield "The wording could not be used for this, so that it is shown in ours. Is it far too long?"
    if len(worded.subject) > _LONG_SUBJECT:
        yield f"The subject has {len(worded.subject)} characters; many mail readers show about {_LONG_SUBJECT}."
    if "![" in template.body:
        yield "Images are left out of messages: they would tell who reads."
    if _TAG.search(template.body):
        yield "HTML is shown as it is typed; write Markdown."
    if "](http://" in template.body or "<http://" in template.body:
        yield "A link begins with http://; write https://."
