"""Days, counts and amounts as people write them in the languages that come with Sereno; others get ISO forms."""

from __future__ import annotations

from datetime import date

from sereno.money import Money

_MONTHS = {
    "pt": "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro",
    "es": "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
    "en": "January February March April May June July August September October November December",
}
_IN_DAYS = {
    "pt": ("hoje", "amanhã", "dentro de {} dias"),
    "es": ("hoy", "mañana", "dentro de {} días"),
    "en": ("today", "tomorrow", "in {} days"),
}
_DECIMAL_COMMA = {"pt", "es", "de", "fr", "it"}


def language(locale: str) -> str:
    """`pt` of `pt-BR`."""
    return locale.replace("_", "-").split("-")[0].lower()


def day(value: date, locale: str) -> str:
    """`3 de março de 2026`, `3 March 2026`, else `2026-03-03`."""
    months = _MONTHS.get(language(locale))
    if months is None:
        return value.isoformat()
    month = months.split()[value.month - 1]
    return (
        f"{value.day} {month} {value.year}" if language(locale) == "en" else f"{value.day} de {month} de {value.year}"
    )


def in_days(number: int, locale: str) -> str:
    """`hoje`, `amanhã`, `dentro de 5 dias`; English where the language is none of those."""
    today, tomorrow, later = _IN_DAYS.get(language(locale), _IN_DAYS["en"])
    if number <= 0:
        return today
    return tomorrow if number == 1 else later.format(number)


def money(value: Money, locale: str) -> str:
    """`1 234,50 EUR` where commas part the cents, else `1,234.50 EUR`."""
    text = str(value)
    if language(locale) not in _DECIMAL_COMMA:
        return text
    return text.replace(",", "\u00a0").replace(".", ",")
