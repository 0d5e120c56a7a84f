"""Asking an answer: does an assertion hold, and what does an extraction give?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from sereno.smoke.grammar.expressions import Assertion, Extraction, Filter, Predicate, Query
from sereno.smoke.grammar.filters import filtered
from sereno.smoke.grammar.predicates import PREDICATES, items_of
from sereno.smoke.grammar.problems import Unfit
from sereno.smoke.grammar.queries import found
from sereno.smoke.grammar.values import MISSING, Reference, Value, shown

if TYPE_CHECKING:
    from sereno.smoke.answers import Answer


_HIDDEN_HEADERS = frozenset({"set-cookie", "authorization"})
"""Their values are sessions, as cookies are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What expressions may refer to: variables and captures by name, and the time."""

    now: datetime
    variables: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Judgement:
    """Whether an assertion held, and what was seen where it did not."""

    text: str
    passed: bool
    evidence: str = ""


def extract(extraction: Extraction, answer: Answer, context: Context) -> Value:
    """The value that `extraction` finds.

    Raises:
        Unfit: it finds nothing, or the answer is not of the kind that it asks about.
    """
    value = _value(extraction.query, extraction.filters, answer, context)
    if value is MISSING:
        raise Unfit("there is nothing there")
    return value


def judge(assertion: Assertion, answer: Answer, context: Context) -> Judgement:
    """Whether `assertion` holds for `answer`; what is not of the kind it asks about is a failure, and no error."""
    try:
        value = _value(assertion.query, assertion.filters, answer, context)
        passed, evidence = _holds(assertion.predicate, value, context)
    except Unfit as unfit:
        return Judgement(assertion.text, False, str(unfit))
    except RecursionError:
        return Judgement(assertion.text, False, "the answer is nested too deeply")
    hidden = assertion.query.name == "cookie" or (assertion.query.argument or "").lower() in _HIDDEN_HEADERS
    told = "found a value that is not shown" if hidden and value is not MISSING else evidence
    return Judgement(assertion.text, passed, "" if passed else told)


def _value(query: Query, filters: tuple[Filter, ...], answer: Answer, context: Context) -> Value:
    value = found(query, answer)
    for each in filters:
        value = filtered(value, each.name, _resolved(each.operands, context), now=context.now)
    return value


def _holds(predicate: Predicate, value: Value, context: Context) -> tuple[bool, str]:
    if value is MISSING:
        nothing = predicate.name == "exists" and predicate.negated
        return nothing, "there is nothing there"
    if predicate.or_empty and value == []:
        return True, ""
    if predicate.inner:
        return _every(predicate.inner, value, context)
    held = PREDICATES[predicate.name].holds(value, *_resolved(predicate.operands, context))
    right = held is not predicate.negated
    return right, "" if right else f"found {shown(value)}"


def _every(inner: Predicate, value: Value, context: Context) -> tuple[bool, str]:
    for place, item in enumerate(items_of(value, "every")):
        passed, evidence = _holds(inner, item, context)
        if not passed:
            return False, f"item {place}: {evidence}"
    return True, ""


def _resolved(operands: tuple[Value, ...], context: Context) -> tuple[Value, ...]:
    return tuple(_resolve(each, context) for each in operands)


def _resolve(operand: Value, context: Context) -> Value:
    if isinstance(operand, list):
        return [_resolve(each, context) for each in operand]
    if not isinstance(operand, Reference):
        return operand
    if operand.name not in context.variables:
        raise Unfit(f"{{{{{operand.name}}}}} has no value")
    return context.variables[operand.name]
