"""JUnit XML of verified boards: a suite for each board, a test case for each clip."""

from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree

from sernet_cal.errors import InputError, SernetError
from sernet_edge.verify.fleet import FleetRow
from sernet_edge.verify.report import Verification, explain
from sernet_edge.verify.verifier import ClipReport


def write_junit(rows: Sequence[FleetRow], path: Path) -> None:
    """Write one suite for each of `rows` to `path`, without times or host names of this machine.

    A clip with a byte that differs is a failure; a board that could not be verified is an error
    of the case "connect". Raises InputError where the file cannot be written.
    """
    root = ElementTree.Element("testsuites", name="sernet-edge verify")
    for row in rows:
        root.append(_suite(row))
    ElementTree.indent(root)
    text = ElementTree.tostring(root, encoding="unicode", xml_declaration=True) + "\n"
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise InputError(
            f"{path} cannot be written: {error.strerror}.", "Name another file:  --junit FILE"
        ) from error


def _suite(row: FleetRow) -> ElementTree.Element:
    name = f"{row.board or 'unknown'} at {row.url}"
    suite = ElementTree.Element("testsuite", name=_printable(name))
    board = row.board or "unknown"
    if isinstance(row.outcome, SernetError):
        case = ElementTree.SubElement(suite, "testcase", classname=board, name="connect")
        message = ElementTree.SubElement(case, "error", message=_printable(row.outcome.message))
        message.text = _printable(str(row.outcome))
        failures, cases = 0, 1
    else:
        _properties(suite, row.outcome)
        failures = sum(_add_case(suite, board, report) for report in row.outcome.reports)
        failures += _add_agreement(suite, board, row.outcome)
        cases = len(suite.findall("testcase"))
    errors = int(isinstance(row.outcome, SernetError))
    suite.set("tests", str(cases))
    suite.set("failures", str(failures))
    suite.set("errors", str(errors))
    return suite


def _properties(suite: ElementTree.Element, result: Verification) -> None:
    properties = ElementTree.SubElement(suite, "properties")
    for name, value in (
        ("build_id", result.info.build_id),
        ("model", result.model),
        ("any_build", str(result.any_build).lower()),
        ("float_agreement", f"{result.float_agreement:.4f}"),
        ("max_probability_error", f"{result.max_probability_error:.4f}"),
    ):
        ElementTree.SubElement(properties, "property", name=name, value=_printable(value))


def _add_case(suite: ElementTree.Element, board: str, report: ClipReport) -> bool:
    """Add a clip; returns whether it failed."""
    name = _printable(report.clip)
    case = ElementTree.SubElement(suite, "testcase", classname=board, name=name)
    if report.device_ms is not None:
        case.set("time", f"{report.device_ms / 1000.0:.6f}")
    if report.byte_exact:
        return False
    message = _printable(explain(report))
    ElementTree.SubElement(case, "failure", message=message).text = message
    return True


def _add_agreement(suite: ElementTree.Element, board: str, result: Verification) -> bool:
    """Add the case of the float model's classes where a share was asked for."""
    if result.min_float_agreement == 0.0:
        return False
    case = ElementTree.SubElement(suite, "testcase", classname=board, name="float agreement")
    if result.float_agreement >= result.min_float_agreement:
        return False
    message = (
        f"same class as the float model in {100 * result.float_agreement:.1f} % of the clips; "
        f"asked for {100 * result.min_float_agreement:.1f} %"
    )
    ElementTree.SubElement(case, "failure", message=message).text = message
    return True


def _printable(text: str) -> str:
    """Return `text` with a "?" for each sign that XML 1.0 cannot hold."""
    return "".join(sign if sign.isprintable() or sign in "\t\n" else "?" for sign in text)
