"""The grammar of smoke suites: `query filter* predicate` on one line, as docs/smoke.md describes it."""

from sereno.smoke.grammar.expressions import Assertion, Extraction
from sereno.smoke.grammar.judging import Context, Judgement, extract, judge
from sereno.smoke.grammar.parser import parse_assertion, parse_extraction
from sereno.smoke.grammar.problems import GrammarError, Unfit

__all__ = [
    "Assertion",
    "Context",
    "Extraction",
    "GrammarError",
    "Judgement",
    "Unfit",
    "extract",
    "judge",
    "parse_assertion",
    "parse_extraction",
]
