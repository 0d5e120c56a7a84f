"""Files of reports are linked where somebody serves them, and only to pages of this machine by the local stack."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from infra.local.reports_server import ReportsServer
from sereno.errors import ConfigurationError
from sereno.reports.links import links_to
from sereno.reports.model import ReportFile
from sereno.reports.to_markdown import markdown
from sereno.settings import Settings, load_settings
from unit.test_report_render import report


@pytest.fixture
def served(tmp_path: Path) -> Iterator[str]:
    (tmp_path / "demo").mkdir()
    (tmp_path / "demo" / "a report.html").write_text("<p>Good</p>")
    server = ReportsServer(tmp_path)
    yield server.url
    server.stop()


def test_files_below_the_folder_of_reports_have_an_address(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, reports_url="https://reports.example/x/")
    inside, outside = tmp_path / "reports" / "demo" / "a b#.pdf", tmp_path / "exports" / "c.csv"
    assert links_to((inside, outside), settings) == {str(inside): "https://reports.example/x/demo/a%20b%23.pdf"}
    assert links_to((inside,), Settings(home=tmp_path)) == {}


def test_an_artifact_links_the_files_that_have_one() -> None:
    file = ReportFile(name="x_y.pdf", path="/r/x_y.pdf", sha256="0" * 64, bytes=9)
    told = markdown(report().model_copy(update={"files": (file,)}), links={"/r/x_y.pdf": "http://127.0.0.1:1/x_y.pdf"})
    assert r"[x\_y.pdf](<http://127.0.0.1:1/x_y.pdf>)" in told


@pytest.mark.parametrize("address", ["javascript:alert(1)", "https://x/)[y](z", "no address"])
def test_what_is_no_address_is_refused(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    monkeypatch.setenv("SERENO_REPORTS_URL", address)
    with pytest.raises(ConfigurationError, match="SERENO_REPORTS_URL"):
        load_settings()


def test_the_stack_serves_the_folder_to_this_machine_alone(served: str) -> None:
    with httpx.Client(trust_env=False) as client:
        assert client.get(f"{served}/demo/a%20report.html").text == "<p>Good</p>"
        assert client.get(f"{served}/../../etc/passwd").status_code == 404
        assert client.get(f"{served}/demo/", headers={"Host": "evil.example:80"}).status_code == 403
        assert client.post(served).status_code == 501
