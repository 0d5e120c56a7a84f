"""docs/compliance.md says of every control and every SQL file what the code says."""

from __future__ import annotations

from pathlib import Path

import pytest

from sereno.compliance.catalogue import CATALOGUE, Control
from sereno.systems.contracts.compliance import CONTRACTS
from sereno.systems.contracts.contract import Contract
from sereno.systems.sections.compliance import Compliance

PAGE = (Path(__file__).parents[2] / "docs" / "compliance.md").read_text()


def row(name: str) -> list[str]:
    found = [line for line in PAGE.splitlines() if line.startswith(f"| `{name}` |")]
    assert len(found) == 1, f"{name} has {len(found)} rows"
    return [cell.strip() for cell in found[0].strip("|").split("|")]


@pytest.mark.parametrize("control", CATALOGUE, ids=lambda control: control.name)
def test_weight_and_severity_of_each_control(control: Control) -> None:
    assert row(control.name)[1:3] == [str(control.weight), control.severity.value]


@pytest.mark.parametrize("contract", CONTRACTS, ids=lambda contract: contract.stem)
def test_parameters_and_columns_of_each_file(contract: Contract) -> None:
    _, parameters, columns = row(contract.stem.replace("*", "<name>"))
    assert set(parameters.replace("`:", "").replace("`", "").split(", ")) == set(contract.parameters)
    assert all(name in columns for name in (*contract.columns, *contract.optional_columns))


def test_the_defaults() -> None:
    section = Compliance()
    for name in ("verified_within_days", "drilled_within_days", "dormant_days", "most_failed_logins_percent"):
        assert f"`{name}` ({getattr(section, name)})" in PAGE
