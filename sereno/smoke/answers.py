"""An answer of the system, and what can be read out of it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from http.cookies import CookieError, SimpleCookie
from typing import TYPE_CHECKING, Any

from sereno.smoke.grammar.problems import Unfit
from sereno.smoke.grammar.values import MISSING, Value, without_people

if TYPE_CHECKING:
    from sereno.smoke.sheets import Sheet

_CHARSET = re.compile(r"charset=\"?([\w.:-]+)", re.IGNORECASE)
_LONGEST_BEGINNING, _LOOKED_AT = 40, 2_000


@dataclass(frozen=True)
class Answer:
    """One HTTP answer, with its body unpacked."""

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    seconds: float = 0.0
    """From the request's first byte to the body's last; connecting included."""
    url: str = ""
    """Where it came from, after redirects."""
    redirects: tuple[str, ...] = ()
    """The addresses that led there."""
    certificate: bytes | None = field(default=None, repr=False)
    """The server's certificate as DER, where there was one."""

    def header(self, name: str) -> str | None:
        """The values of a header, joined by commas; None without one."""
        found = [value for key, value in self.headers if key.lower() == name.lower()]
        return ", ".join(found) if found else None

    @cached_property
    def text(self) -> str:
        """The body as text.

        Raises:
            Unfit: it is not what its charset says.
        """
        declared = _CHARSET.search(self.header("Content-Type") or "")
        charset = declared[1] if declared else "utf-8"
        try:
            return self.body.decode("utf-8-sig" if charset.lower() == "utf-8" else charset)
        except UnicodeDecodeError as error:
            raise Unfit(f"the body is no {charset}: byte {error.start:,} fits no character") from None
        except (LookupError, ValueError):
            raise Unfit(f"the body is in {charset!r}, which is no charset") from None

    @cached_property
    def json(self) -> Any:
        """The body as JSON.

        Raises:
            Unfit: it is none.
        """
        try:
            return json.loads(self.body.decode("utf-8-sig"), parse_constant=_refused)
        except UnicodeDecodeError as error:
            raise Unfit(f"the body is no JSON: byte {error.start:,} is no UTF-8") from None
        except RecursionError:
            raise Unfit("the body is JSON that is nested too deeply") from None
        except ValueError:
            raise Unfit(f"the body is no JSON{self._beginning}") from None

    @cached_property
    def cookies(self) -> Mapping[str, str]:
        """The cookies that the answer sets, by name."""
        jar = SimpleCookie()
        for key, value in self.headers:
            if key.lower() == "set-cookie":
                try:
                    jar.load(value)
                except CookieError:
                    continue
        return {name: morsel.value for name, morsel in jar.items()}

    @cached_property
    def csv(self) -> Sheet:
        """The body as CSV.

        Raises:
            Unfit: it is none.
        """
        from sereno.smoke.sheets import csv_sheet

        return csv_sheet(self.text)

    @cached_property
    def xlsx(self) -> Sheet:
        """The body as an XLSX workbook: its first sheet.

        Raises:
            Unfit: it is none.
        """
        from sereno.smoke.sheets import xlsx_sheet

        return xlsx_sheet(self.body)

    def of_certificate(self, part: str) -> Value:
        """`daysLeft`, `issuer` or `subject` of the server's certificate; MISSING over plain HTTP.

        Raises:
            Unfit: it is damaged, which only a client sees that verifies none.
        """
        if self.certificate is None:
            return MISSING
        from cryptography.x509 import load_der_x509_certificate

        try:
            certificate = load_der_x509_certificate(self.certificate)
            if part == "daysLeft":
                return (certificate.not_valid_after_utc - datetime.now(UTC)).total_seconds() / 86_400
            return (certificate.issuer if part == "issuer" else certificate.subject).rfc4514_string()
        except ValueError:
            raise Unfit("the server's certificate cannot be read") from None

    @property
    def _beginning(self) -> str:
        """How it begins, where that is markup, so that a page in place of JSON is seen at once."""
        start = self.body.lstrip()[:_LOOKED_AT].decode("ascii", "replace")
        if start.startswith("<"):
            return f": it begins with {without_people(start)[:_LONGEST_BEGINNING].splitlines()[0]!r}"
        return "" if start else ": it is empty"


def _refused(constant: str) -> Any:
    raise ValueError(constant)
