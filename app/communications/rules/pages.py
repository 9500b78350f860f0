"""Pages for people without a key: plain HTML that asks for no script, no picture and no second request.

They are read in text browsers and by screen readers, at any size of type: one column, one first-level heading, a label
for each field, errors in a summary that leads to the fields.
"""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, Final

from jinja2 import DictLoader, Environment, StrictUndefined, select_autoescape

from app.communications.rules.page_forms import FORMS
from app.communications.values import ActionKind, Settlement, Shown, Subscription
from app.core.errors import FieldError

# Links and text on white have at least seven times its contrast (WCAG 2.2, level AAA), buttons too.
_LAYOUT: Final = """<!doctype html>
<html lang="en-GB">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex, nofollow, noarchive">
<title>{% block title %}{{ heading }}{% endblock %} - Plenary</title>
<style>
body { font: 1.125rem/1.5 Arial, Helvetica, sans-serif; color: #111; background: #fff; margin: 0 auto; padding: 1rem;
  max-width: 42rem; overflow-wrap: break-word; }
h1, h2, h3, h4, h5, h6 { line-height: 1.25; }
a { color: #003a75; }
fieldset { border: 0; margin: 0 0 1rem; padding: 0; }
legend, label { font-weight: bold; display: block; padding: 0; }
.choice { display: flex; gap: .75rem; margin: .5rem 0; }
.choice label { font-weight: normal; }
.choice input { flex: none; width: 1.5rem; height: 1.5rem; margin: 0; }
input[type=text], textarea { font: inherit; width: 100%; box-sizing: border-box; padding: .5rem; border: 2px solid #111; }
button { font: inherit; font-weight: bold; color: #fff; background: #00401f; border: 2px solid #00401f; padding: .625rem 1rem;
  cursor: pointer; }
button.second { color: #111; background: #fff; border-color: #111; }
:focus-visible { outline: 4px solid #b35900; outline-offset: 2px; }
.field { margin: 0 0 1.25rem; }
.hint { margin: .125rem 0; color: #3a3a3a; }
.error { margin: .125rem 0; color: #8f0f0f; font-weight: bold; }
.box { border: 4px solid #111; padding: 0 1rem; margin: 0 0 1.5rem; }
.box.wrong { border-color: #8f0f0f; }
dt { font-weight: bold; }
dd { margin: 0 0 .75rem; }
table { border-collapse: collapse; }
th, td { text-align: left; padding: .25rem .75rem .25rem 0; border-bottom: 1px solid #555; }
.thing { border-left: 4px solid #555; padding-left: 1rem; }
hr { border: 0; border-top: 1px solid #555; margin: 2rem 0; }
</style>
</head>
<body>
<main>
{% block main %}{% endblock %}
</main>
<hr>
<footer><p>{% block footer %}Sent by Plenary{% if commissioner %} for {{ commissioner }}{% endif %}. Nothing on this page
runs a program or follows you.{% endblock %}</p></footer>
</body>
</html>
"""
_THING: Final = """{% extends "layout" %}
{% block title %}{% if errors %}Error: {% endif %}{{ shown.title }}{% endblock %}
{% block main %}
{% if errors %}
<div class="box wrong" role="alert" aria-labelledby="wrong" tabindex="-1">
<h2 id="wrong">There is a problem</h2>
<ul>
{% for error in errors %}<li><a href="#{{ error.pointer }}">{{ error.detail }}</a></li>
{% endfor %}</ul>
</div>
{% endif %}
{% if notice %}<div class="box" role="status"><p><strong>{{ notice }}</strong></p></div>{% endif %}
<h1>{{ shown.title }}</h1>
{% if shown.practice %}<p>For {{ shown.practice_name }} ({{ shown.practice }}), from {{ shown.commissioner }}.</p>
{% else %}<p>From {{ shown.commissioner }}.</p>{% endif %}
{% if shown.figures %}
<h2>What your practice can earn</h2>
<dl>
{% for what, pounds in shown.figures %}<dt>{{ what }}</dt><dd>{{ pounds }}</dd>
{% endfor %}</dl>
{% endif %}
{% if shown.facts %}
<dl>
{% for what, which in shown.facts %}<dt>{{ what }}</dt><dd>{{ which }}</dd>
{% endfor %}</dl>
{% endif %}
<div class="thing">
{# Cleaned when it was rendered. #}{{ body | safe }}
</div>
{% include form %}
<p class="hint">Your name and the time are kept with the answer. This link is for your practice alone: do not pass it on.</p>
{% endblock %}
"""
_WORDS: Final = """{% extends "layout" %}
{% block main %}
<h1>{{ heading }}</h1>
{% for sentence in sentences %}<p>{{ sentence }}</p>
{% endfor %}
{% endblock %}
"""
_SUBSCRIPTION: Final = """{% extends "layout" %}
{% block main %}
<h1>{{ heading }}</h1>
{% if subscription.is_on %}
<p>You get mail about {{ subscription.topic }} from {{ subscription.commissioner }}. Press the button to get no more routine
mail about it. What is important or critical is still sent.</p>
<form method="post">
<input type="hidden" name="List-Unsubscribe" value="One-Click">
<button type="submit">Stop routine mail about {{ subscription.topic }}</button>
</form>
{% else %}
<p>No more routine mail about {{ subscription.topic }} from {{ subscription.commissioner }} is sent to you. What is important
or critical is still sent. Whoever signs in to an intranet or app of yours can turn it on again; otherwise ask the office.</p>
{% endif %}
{% endblock %}
"""
_OPEN_AGAIN: Final = "Open the link in the mail again and press one of the buttons on the page."
# By status: a heading, and what to do. What is not here is about how the address or a form was sent.
_TROUBLES: Final[Mapping[int, tuple[str, tuple[str, ...]]]] = {
    404: (
        "There is no such page",
        ("The address is not whole, or not as it was sent. Copy the whole link from the mail.",),
    ),
    405: ("This address is a page to open", ("Nothing was answered or changed.", _OPEN_AGAIN)),
    413: (
        "What was sent is too long",
        ("Nothing was answered or changed.", "Go back to the page, say it in fewer words and send it again."),
    ),
    429: (
        "Too many pages were opened just now",
        (
            "Nothing was answered or changed. Somebody at your practice or on your network has opened many pages in a "
            "short time.",
            "Wait {wait}, then do it again.",
        ),
    ),
    500: (
        "Something went wrong on our side",
        (
            "If you were answering, open the link in the mail again: the page says whether your answer was taken.",
            "If this comes again, tell your commissioner's office this number: {known_as}.",
        ),
    ),
    503: (
        "The service is away for a moment",
        (
            "If you were answering, your answer may not have been taken.",
            "Wait {wait}, then open the link in the mail again: the page says whether it was.",
        ),
    ),
}
_UNREADABLE: Final = ("This cannot be read as it was sent", ("Nothing was answered or changed.", _OPEN_AGAIN))
_HEADING: Final = re.compile(r"<(/?)h([1-6])>")


@lru_cache(maxsize=1)
def _pages() -> Environment:
    texts = {"layout": _LAYOUT, "thing": _THING, "words": _WORDS, "subscription": _SUBSCRIPTION, **FORMS}
    return Environment(
        loader=DictLoader(texts),
        autoescape=select_autoescape(default=True, default_for_string=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def thing_page(
    shown: Shown, *, typed: Mapping[str, str], errors: Sequence[FieldError] = (), notice: str | None = None
) -> str:
    """The thing and the forms to answer it; `typed` is put back where something in it was wrong."""
    wrong: dict[str, str] = {}
    for error in errors:
        wrong.setdefault(error.pointer, error.detail)
    return _shown(
        "thing",
        shown=shown,
        commissioner=shown.commissioner,
        body=_below(shown.html),
        form=f"form {ActionKind(shown.kind).value}",
        typed=typed,
        errors=errors,
        wrong=wrong,
        notice=notice or shown.notice,
    )


def settled_page(done: Settlement) -> str:
    return words_page(done.title, (done.sentence, "You can close this page. Nothing else has to be done."))


def words_page(heading: str, sentences: Sequence[str], *, commissioner: str | None = None) -> str:
    return _shown("words", heading=heading, sentences=sentences, commissioner=commissioner)


def trouble_page(status: int, *, wait: str | None, known_as: str) -> str:
    """An error that has no page of its own. `wait`: seconds, as in `Retry-After`. `known_as`: the request's id."""
    heading, sentences = _TROUBLES.get(status, _TROUBLES[500] if status >= 500 else _UNREADABLE)
    known = {"wait": _in_words(wait), "known_as": known_as}
    return words_page(heading, [sentence.format_map(known) for sentence in sentences])


def _in_words(seconds: str | None) -> str:
    if seconds is None or not seconds.isdecimal() or int(seconds) > 60:
        return "a few minutes"
    return "one second" if int(seconds) <= 1 else f"{int(seconds)} seconds"


def subscription_page(subscription: Subscription) -> str:
    heading = "Stop routine mail" if subscription.is_on else "Routine mail is turned off"
    return _shown("subscription", heading=heading, subscription=subscription, commissioner=subscription.commissioner)


def _shown(template: str, **known: Any) -> str:
    return _pages().get_template(template).render(known)


def _below(html: str) -> str:
    """Somebody's own headings two levels down: the page has one of the first."""
    return _HEADING.sub(lambda found: f"<{found[1]}h{min(int(found[2]) + 2, 6)}>", html)
