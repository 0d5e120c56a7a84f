"""What every section of a smoke.yaml has in common, and the kinds of values that they share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import PydanticCustomError, core_schema

from sereno.smoke.budget import Budget, parse_budget
from sereno.smoke.grammar import Assertion, Extraction, GrammarError, parse_assertion, parse_extraction
from sereno.systems.sections.fields import EXPRESSION


class SmokePart(BaseModel):
    """A section: it cannot be changed, unknown keys are errors, and its fields are described by their docstrings.

    `schema` reads those from the sources when it is asked; at each start, as pydantic would, takes too long for a
    command that is over in a second.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


@dataclass(frozen=True, slots=True)
class ReadBy:
    """Marks a value that is written as one line of text and read by `read`."""

    read: Callable[[str], Any]
    format: str

    def __get_pydantic_core_schema__(self, source: type[Any], handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        """Text in, what `read` makes of it out."""
        return core_schema.no_info_after_validator_function(self._parsed, core_schema.str_schema())

    def __get_pydantic_json_schema__(
        self, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """Text of a format of our own."""
        return {"type": "string", "format": self.format}

    def _parsed(self, text: str) -> Any:
        try:
            return self.read(text)
        except GrammarError as error:
            told = {"message": error.message, "column": error.column, "text": error.text}
            raise PydanticCustomError(EXPRESSION, "{message}", told) from None


AssertionLine = Annotated[Assertion, ReadBy(parse_assertion, "smoke-assert")]
ExtractionLine = Annotated[Extraction, ReadBy(parse_extraction, "smoke-value")]
BudgetLine = Annotated[Budget, ReadBy(parse_budget, "smoke-budget")]
Variable = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,62}$")]
"""What `{{name}}` refers to."""
CheckName = Annotated[str, Field(min_length=1, max_length=120)]
Place = Annotated[str, Field(pattern=r"^(/|https?://|\{\{)[^\s]*$", max_length=2_000)]
"""A path below the base URL, or a whole URL."""
Scalar = str | int | float | bool
