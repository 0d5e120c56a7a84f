"""A home in which the demo system's suites find its running API."""

from __future__ import annotations

from pathlib import Path

import pytest

from infra.demo.system import DemoSystem


def demo_home(demo: DemoSystem, base_url: str, home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A SERENO_HOME of its own with the demo's secrets and its API's address."""
    (home / "demo").mkdir()
    (home / "demo" / "secrets").symlink_to(demo.folder / "secrets")
    (home / "demo" / "api-url").write_text(base_url)
    monkeypatch.setenv("SERENO_HOME", str(home))
    return home
