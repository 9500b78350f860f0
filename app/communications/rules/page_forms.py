"""The forms of the pages, by what is asked."""

from typing import Final

# Each field has an id that an error leads to; what was typed comes back with the error.
_FIELDS: Final = """{% macro problem(id) %}{% if wrong[id] is defined %}
<p class="error" id="{{ id }}-error"><span>Error:</span> {{ wrong[id] }}</p>{% endif %}{% endmacro %}
{% macro described(id, hint) %}{% if hint or wrong[id] is defined %} aria-describedby="{% if hint %}{{ id }}-hint{% endif %}
{% if wrong[id] is defined %} {{ id }}-error{% endif %}"{% endif %}
{% if wrong[id] is defined %} aria-invalid="true"{% endif %}{% endmacro %}
{% macro line(id, name, label, hint="", complete="off") %}
<div class="field">
<label for="{{ id }}">{{ label }}</label>
{% if hint %}<p class="hint" id="{{ id }}-hint">{{ hint }}</p>{% endif %}
{{ problem(id) }}
<input type="text" id="{{ id }}" name="{{ name }}" value="{{ typed.get(id, '') }}" autocomplete="{{ complete }}"
 maxlength="200"{{ described(id, hint) }}>
</div>
{% endmacro %}
{% macro words(id, name, label, hint="") %}
<div class="field">
<label for="{{ id }}">{{ label }}</label>
{% if hint %}<p class="hint" id="{{ id }}-hint">{{ hint }}</p>{% endif %}
{{ problem(id) }}
<textarea id="{{ id }}" name="{{ name }}" rows="4"{{ described(id, hint) }}>{{ typed.get(id, '') }}</textarea>
</div>
{% endmacro %}
{% macro choices(id, name, legend, options) %}
<div class="field">
<fieldset{{ described(id, "") }}>
<legend>{{ legend }}</legend>
{{ problem(id) }}
{% for value, label in options %}
<div class="choice"><input type="radio" name="{{ name }}" value="{{ value }}"
 id="{{ id }}{% if not loop.first %}-{{ value }}{% endif %}"{% if typed.get(id) == value %} checked{% endif %}>
<label for="{{ id }}{% if not loop.first %}-{{ value }}{% endif %}">{{ label }}</label></div>
{% endfor %}
</fieldset>
</div>
{% endmacro %}
{% macro start(choice) %}
<form method="post" novalidate>
<input type="hidden" name="digest" value="{{ shown.digest }}">
<input type="hidden" name="choice" value="{{ choice }}">
{% endmacro %}
{% macro yourself(choice) %}
{{ line(choice ~ "-name", "name", "Your name",
  "As your commissioner knows you" ~ (" at this practice" if shown.practice else "") ~ ". Capitals and titles do not matter.",
  "name") }}
{% endmacro %}
"""
_USE: Final = """{% from "fields" import line, words, choices, start, yourself with context %}
"""
FORMS: Final = {
    "fields": _FIELDS,
    "form acknowledge": _USE
    + """
<h2>Say that you have read it</h2>
{{ start("acknowledge") }}
{{ yourself("acknowledge") }}
<button type="submit">I have read this</button>
</form>
""",
    "form offer": _USE
    + """
<h2>Accept the offer</h2>
{{ start("accept") }}
{{ yourself("accept") }}
{{ line("signatory", "signatory", "Who signs for the practice", "Leave it empty if you sign yourself.") }}
{{ choices("capacity", "capacity", "Whoever signs does so as", (("contract_holder", "a holder of the practice's contract"),
  ("authorised", "somebody the contract holders have authorised"))) }}
<button type="submit">Accept the offer</button>
</form>
<h2>Or decline it</h2>
{{ start("decline") }}
{{ yourself("decline") }}
{{ words("reason", "reason", "Why your practice declines", "Your commissioner reads this. Name no patients.") }}
<button type="submit" class="second">Decline the offer</button>
</form>
""",
    "form session": _USE
    + """
<h2>Say on which days there was a session</h2>
{{ start("confirm") }}
{{ yourself("confirm") }}
{% for n in range(1, shown.most_days + 1) %}
{{ line("on-" ~ n, "on", "The day of the session" if n == 1 else "The day of another session",
  "For example " ~ shown.example_day ~ "." if n == 1 else "Leave it empty if there was none.") }}
{% endfor %}
<button type="submit">Confirm what was held</button>
</form>
""",
    "form issue": _USE
    + """
<h2>Answer for your practice</h2>
{{ start("answer") }}
{{ yourself("answer") }}
{{ choices("decision", "decision", "What your practice says", (("agreed", "We agree"), ("already_done", "We already do it"),
  ("planned", "We plan it"), ("declined", "We decline it"))) }}
{{ words("text", "text", "Your answer in words",
  "May be shown to patients, without your practice's name unless you agree below. Name no patients.") }}
{{ line("due_on", "due_on", "By when, if you plan it", "For example 31/3/2027.") }}
<div class="field"><div class="choice"><input type="checkbox" id="may_be_named" name="may_be_named" value="yes"
{% if typed.get("may_be_named") %} checked{% endif %}>
<label for="may_be_named">Others may see that our practice already does it</label></div></div>
<button type="submit">Send the answer</button>
</form>
""",
}
