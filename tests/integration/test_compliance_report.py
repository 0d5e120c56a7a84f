"""The report as a run leaves it: sealed, written, stored and sent; and wrong periods."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from prefect.settings import PREFECT_API_URL, temporary_settings
from sqlalchemy import text

from flows.compliance_check import compliance_check
from flows.compliance_report import compliance_report
from infra.demo.system import DemoSystem
from integration.compliance_case import home_of_demo, missed, own_copy, report_of
from receivers import MailServer, mail_server
from sereno import audit
from sereno.ledger import open_ledger
from sereno.reports.model import Report

OFFICER = "officer@salon.example"


@pytest.fixture
def home(demo: DemoSystem, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    home_of_demo(demo, tmp_path, monkeypatch)
    return tmp_path


@pytest.fixture
def mails() -> Iterator[MailServer]:
    with mail_server() as server:
        yield server


@pytest.fixture
def by_mail(home: Path, mails: MailServer, monkeypatch: pytest.MonkeyPatch) -> MailServer:
    """The mail server that the demo sends by."""
    folder = own_copy("demo", home, monkeypatch)
    text = (folder / "system.yaml").read_text()
    channel = f"smtp_host: 127.0.0.1\n      smtp_port: {mails.port}\n      security: none"
    assert "folder: demo/mails" in text
    (folder / "system.yaml").write_text(text.replace("folder: demo/mails", channel))
    return mails


@pytest.fixture
def server(api_url: str) -> Iterator[None]:
    with temporary_settings({PREFECT_API_URL: api_url}):
        yield


async def run(**parameters: Any) -> Report:
    return await report_of(await compliance_report("demo", **parameters, return_state=True))


@pytest.mark.usefixtures("server")
async def test_a_run_writes_seals_stores_and_sends(home: Path, by_mail: MailServer) -> None:
    report = await run()
    assert report.result.value == "passed"
    assert [each.name for each in report.findings if each.required and not each.passed] == []
    assert {Path(file.path).suffix for file in report.files} == {".pdf", ".html", ".xlsx", ".json"}
    first = datetime.now(UTC).date().replace(day=1)
    assert report.figures["period_until"] == (first - timedelta(days=1)).isoformat()
    (mail,) = by_mail.mails
    assert mail["To"] == OFFICER
    assert [part.get_filename().rpartition(".")[2] for part in mail.iter_attachments()] == ["pdf", "xlsx"]  # type: ignore[union-attr]
    sent = next(iter(mail.iter_attachments())).get_payload(decode=True)
    pdf = next(file for file in report.files if file.name.endswith(".pdf"))
    assert hashlib.sha256(sent).hexdigest() == pdf.sha256  # type: ignore[arg-type]
    body = mail.get_body(("plain",))
    assert body
    assert pdf.sha256 in body.get_content()
    for file in report.files:
        assert missed(Path(file.path)) == {}
    second = await run(language="pt")
    assert "(+0 since" in second.headline or "since" not in second.headline
    assert any(file.name.endswith("-pt.pdf") for file in second.files)
    assert len(by_mail.mails) == 2


@pytest.mark.usefixtures("server")
async def test_a_report_that_nobody_took_waits_and_is_sent_by_the_daily_check(by_mail: MailServer) -> None:
    by_mail.answer_to_data = lambda mail: "451 later"
    report = await run()
    told = {each.name: each for each in report.findings}["the report was sent to the data-protection officer"]
    assert (report.result.value, told.passed, told.required) == ("failed", False, True)
    assert "1 waiting" in told.evidence
    assert by_mail.mails == []
    by_mail.answer_to_data = lambda mail: "250 OK"
    with open_ledger() as ledger, ledger.writing() as session:
        session.execute(text("UPDATE sereno_messages SET not_before = created_at"))
    checked = await report_of(await compliance_check("demo", return_state=True))
    assert "the report was sent to the data-protection officer" in {
        each.name for each in checked.findings if each.passed
    }
    assert len(by_mail.mails) == 1


@pytest.mark.usefixtures("server")
@pytest.mark.parametrize(
    ("period", "said"),
    [
        ({"date_from": "2999-01-01", "date_to": "2999-01-31"}, "lies in the future"),
        ({"date_from": "2026-05-02", "date_to": "2026-05-01"}, "is after date_to"),
        ({"date_from": "2016-01-01", "date_to": "2026-10-31"}, "longer than ten years"),
        ({"date_from": "yesterday"}, "is no day"),
    ],
)
async def test_a_wrong_period_is_refused_in_a_sentence(home: Path, period: dict[str, str], said: str) -> None:
    report = await run(**period)
    assert (report.result.value, said in report.headline) == ("failed", True)
    assert not (home / "reports" / "compliance").exists()


@pytest.mark.usefixtures("server")
async def test_a_period_of_ten_years_is_one_report(home: Path, by_mail: MailServer) -> None:
    report = await run(date_from="2016-11-01", date_to="2026-10-31")
    assert report.result.value == "passed"
    with open_ledger() as ledger:
        sealed = [event for event in audit.events(ledger, "demo") if event.action == "COMPLIANCE_REPORT_SEALED"]
    assert (sealed[0].figures["since"], sealed[0].figures["until"]) == ("2016-11-01", date(2026, 10, 31).isoformat())
