"""A report as JUnit XML, as CI servers read it: a suite per run, a test case per finding.

A required finding that did not pass is a failure, an optional one is skipped. A run that no finding explains (none
were made, or a guard refused) is a test case of its own, so that it is never mistaken for a green or an empty suite.
"""

from __future__ import annotations

from collections import Counter
from datetime import UTC
from xml.etree import ElementTree

from sereno.reports.build import shortened, tally
from sereno.reports.model import Finding, Report, Result

_LONGEST_MESSAGE = 300


def render(report: Report) -> bytes:
    """UTF-8 XML with its declaration."""
    suite = ElementTree.Element("testsuite", {"name": f"{report.system}.{report.job}"})
    properties = ElementTree.SubElement(suite, "properties")
    for name, value in _properties(report):
        ElementTree.SubElement(properties, "property", {"name": name, "value": value})
    seen: Counter[str] = Counter()
    for finding in report.findings:
        seen[finding.name] += 1
        again = f" ({seen[finding.name]})" if seen[finding.name] > 1 else ""
        case = _case(suite, report, f"{finding.name}{again}", seconds=finding.seconds or 0)
        _add_properties(case, finding)
        _add_finding(case, finding)
    if not report.findings or report.result is not tally(report.findings):
        _add_run(_case(suite, report, f"the {report.job} run"), report)
    ElementTree.SubElement(suite, "system-out").text = report.headline
    return _document(suite, report)


def _document(suite: ElementTree.Element, report: Report) -> bytes:
    counts = {
        "tests": str(len(suite.findall("testcase"))),
        "failures": str(len(suite.findall("testcase/failure"))),
        "errors": str(len(suite.findall("testcase/error"))),
        "time": f"{max(report.seconds, 0):.3f}",
    }
    started = report.started_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")
    suite.attrib |= counts | {"skipped": str(len(suite.findall("testcase/skipped"))), "timestamp": started}
    root = ElementTree.Element("testsuites", {"name": "sereno"} | counts)
    root.append(suite)
    ElementTree.indent(root)
    document: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return document + b"\n"


def _properties(report: Report) -> list[tuple[str, str]]:
    named = [("system", report.system), ("job", report.job), ("effect", report.effect), ("result", report.result)]
    if report.flow_run_id:
        named.append(("flow_run_id", report.flow_run_id))
    return named + [(key, str(value) if value is not None else "") for key, value in report.figures.items()]


def _case(suite: ElementTree.Element, report: Report, name: str, *, seconds: float = 0) -> ElementTree.Element:
    time = f"{seconds:.3f}" if seconds else "0"
    attributes = {"classname": f"{report.system}.{report.job}", "name": name, "time": time}
    return ElementTree.SubElement(suite, "testcase", attributes)


def _add_properties(case: ElementTree.Element, finding: Finding) -> None:
    """File and line as attributes, which is where CI servers look for them; the rest as properties."""
    case.attrib |= {name: finding.properties[name] for name in ("file", "line") if name in finding.properties}
    others = {name: value for name, value in finding.properties.items() if name not in ("file", "line")}
    if others:
        properties = ElementTree.SubElement(case, "properties")
        for name, value in others.items():
            ElementTree.SubElement(properties, "property", {"name": name, "value": value})


def _add_finding(case: ElementTree.Element, finding: Finding) -> None:
    message = shortened(finding.evidence, _LONGEST_MESSAGE) or "did not pass"
    if not finding.passed and finding.required:
        failure = ElementTree.SubElement(case, "failure", {"message": message, "type": "finding"})
        failure.text = finding.evidence
    elif not finding.passed:
        ElementTree.SubElement(case, "skipped", {"message": f"not required, did not pass: {message}"})
    if finding.evidence and (finding.passed or not finding.required):
        ElementTree.SubElement(case, "system-out").text = finding.evidence


def _add_run(case: ElementTree.Element, report: Report) -> None:
    if report.result is Result.PASSED:
        ElementTree.SubElement(case, "system-out").text = report.headline
        return
    message = {"message": shortened(report.headline, _LONGEST_MESSAGE), "type": report.result.value}
    ElementTree.SubElement(case, "error", message).text = report.headline
