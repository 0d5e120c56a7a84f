"""The data map as a file, against a catalog, as registers, and as a proposal."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from sereno.compliance.datamap.catalog import Catalog, CatalogColumn, CatalogKey
from sereno.compliance.datamap.checking import astray, check_data_map, cycles, gone, unmapped, unreachable
from sereno.compliance.datamap.drafting import draft
from sereno.compliance.datamap.model import Activity, Category, DataMap, GdprBasis, LgpdBasis, MappedTable
from sereno.compliance.datamap.personal import looks_like
from sereno.compliance.datamap.reading import data_map_schema, data_map_schema_text, parsed
from sereno.compliance.datamap.registers import record_of_processing, retention_rules, sharing_register
from sereno.errors import ConfigurationError

DEPLOYMENTS = Path(__file__).parents[2] / "deployments"
MAPS = sorted(DEPLOYMENTS.glob("*/data_map.yaml"))
TEXT = """\
activities:
  - name: bookings
    title: Bookings
    purpose: to take bookings
    gdpr: contract
    lgpd: contract
    subjects: [customers]
    recipients:
      - {name: the mailer, role: processor, country: US, safeguard: standard contractual clauses}
  - {name: audit, title: Audit, purpose: proof, gdpr: legal-obligation, lgpd: legal-obligation, subjects: [staff]}
tables:
  - table: customers
    activities: [bookings]
    columns: {email: contact}
    person: email
    age_column: created_at
    retention_days: 30
  - table: bookings
    activities: [bookings, audit]
    columns: {customer_id: reference}
    edges: {customer_id: customers.id}
not_personal: ["plans.*"]
"""


def column(table: str, name: str, type_: str = "text") -> CatalogColumn:
    return CatalogColumn(table=table, name=name, type=type_)


def catalog(*columns: str, keys: tuple[CatalogKey, ...] = (), path: tuple[str, ...] = ("public",)) -> Catalog:
    found = [column(*each.rsplit(".", 1)) for each in columns]
    return Catalog(columns=tuple(found), keys=keys, schemas_on_path=frozenset(path))


LIVE = ("customers.id", "customers.email", "customers.created_at", "bookings.id", "bookings.customer_id", "plans.name")


def map_of(text: str = TEXT) -> DataMap:
    return parsed(text, where="data_map.yaml")


@pytest.mark.parametrize("path", MAPS, ids=lambda path: path.parent.name)
def test_every_shipped_map_is_right_by_its_schema(path: Path) -> None:
    text = path.read_text()
    assert text.splitlines()[0] == "# yaml-language-server: $schema=../datamap.schema.json"
    Draft202012Validator(data_map_schema()).validate(yaml.safe_load(text))
    assert record_of_processing(map_of(text))


def test_every_shipped_system_has_a_map() -> None:
    assert {path.parent for path in MAPS} == {path.parent for path in DEPLOYMENTS.glob("*/system.yaml")}


def test_the_schema_that_editors_use_is_that_of_the_models() -> None:
    assert (DEPLOYMENTS / "datamap.schema.json").read_text() == data_map_schema_text(), (
        "the models have changed; run: sereno schema datamap > deployments/datamap.schema.json"
    )


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ("purpose: proof", "data_map.yaml:10: "),
        ("gdpr: legal-obligation", "one of consent, contract, legal-obligation, vital-interests"),
        ("lgpd: legal-obligation", "credit-protection"),
        ("table: bookings", "the table 'customers' stands there twice"),
        ("activities: [bookings, audit]", "names the activity 'billing', which is not there"),
        ("edges: {customer_id: customers.id}", "leads to a table and its column"),
        ("age_column: created_at", "retention_days needs age_column"),
        ("country: US", "matching"),
    ],
)
def test_mistakes_are_told_with_what_was_expected(wrong: str, said: str) -> None:
    instead = {
        "purpose: proof": "purpos: proof",
        "gdpr: legal-obligation": "gdpr: because",
        "lgpd: legal-obligation": "lgpd: because",
        "table: bookings": "table: customers",
        "activities: [bookings, audit]": "activities: [billing]",
        "edges: {customer_id: customers.id}": "edges: {customer_id: customers}",
        "age_column: created_at": "",
        "country: US": "country: Portugal",
    }[wrong]
    with pytest.raises(ConfigurationError) as error:
        map_of(TEXT.replace(wrong, instead, 1))
    assert said in str(error.value)


@pytest.mark.parametrize("text", ["", "[]", "- a", "tables: {}", "activities: x\ntables: y", "\x00"])
def test_what_is_no_map_is_one_clear_error(text: str) -> None:
    with pytest.raises(ConfigurationError, match=r"^data_map\.yaml:"):
        map_of(text)


def test_a_map_that_fits_passes_every_finding() -> None:
    assert all(finding.passed for finding in check_data_map(map_of(), catalog(*LIVE)))


def test_what_is_gone_or_astray_is_named() -> None:
    live = catalog("customers.id", "bookings.customer_id")
    assert gone(map_of(), live) == ["customers.email", "customers.created_at"]
    assert gone(map_of(), catalog("customers.id", "customers.email", "customers.created_at")) == ["bookings"]
    assert astray(map_of(), catalog("customers.email", "bookings.customer_id")) == [
        "bookings.customer_id → customers.id"
    ]


def test_a_personal_column_that_nobody_mapped_is_found_and_one_that_somebody_looked_at_is_not() -> None:
    live = catalog(*LIVE, "leads.telefone", "plans.email", "bookings.note")
    assert [str(each) for each in unmapped(map_of(), live)] == ["leads.telefone"]
    (failed,) = [finding for finding in check_data_map(map_of(), live) if not finding.passed]
    assert failed.evidence == "1 not: leads.telefone → map them, or name them under not_personal"


def test_a_schema_on_the_search_path_may_be_written_or_left_out() -> None:
    text = TEXT.replace("table: customers", "table: public.customers").replace("customers.id}", "public.customers.id}")
    assert all(finding.passed for finding in check_data_map(map_of(text), catalog(*LIVE)))


def test_a_table_in_which_nobody_is_found_is_told_and_not_required() -> None:
    text = TEXT.replace("    edges: {customer_id: customers.id}\n", "")
    assert unreachable(map_of(text), catalog(*LIVE)) == ["bookings"]
    lost = next(each for each in check_data_map(map_of(text), catalog(*LIVE)) if not each.passed)
    assert not lost.required


def ring(*tables: str) -> DataMap:
    """Each table leads to the next, and the last one to the first."""
    activity = Activity(
        name="a", title="A", purpose="p", gdpr=GdprBasis.CONSENT, lgpd=LgpdBasis.CONSENT, subjects=("s",)
    )
    mapped = (
        MappedTable(table=table, activities=("a",), columns={"id": Category.REFERENCE}, edges={"id": f"{onwards}.id"})
        for table, onwards in zip(tables, (*tables[1:], tables[0]), strict=True)
    )
    return DataMap(activities=(activity,), tables=tuple(mapped))


def test_a_cycle_is_walked_once_and_named() -> None:
    live = catalog("a.id", "b.id", "c.id")
    assert cycles(ring("a", "b", "c"), live) == [("a", "b", "c", "a")]
    assert cycles(ring("a"), live) == [("a", "a")]
    assert unreachable(ring("a", "b", "c"), live) == ["a", "b", "c"]


def test_a_map_of_thousands_of_tables_in_one_ring_is_quick() -> None:
    tables = [f"t{number}" for number in range(3_000)]
    live = catalog(*(f"{table}.id" for table in tables))
    map_ = ring(*tables)
    started = time.process_time()
    assert len(cycles(map_, live)) == 1
    assert len(unreachable(map_, live)) == 3_000
    assert unmapped(map_, live) == []
    assert time.process_time() - started < 20  # a quadratic walk would take minutes


@pytest.mark.parametrize(
    ("table", "name", "type_", "personal"),
    [
        ("users", "email", "text", True),
        ("User", "passwordHash", "text", True),
        ("usuario", "nome_completo", "text", True),
        ("clientes", "nombre", "text", True),
        ("plans", "name", "text", False),
        ("visits", "source", "inet", True),
        ("users", "email_confirmed_at", "timestamp with time zone", False),
        ("shops", "description", "text", False),
        ("zips", "recipe", "text", False),
        ("x", 'ip"; DROP TABLE', "text", True),
        ("x", "", "text", False),
    ],
)
def test_columns_look_personal_by_their_words_and_types(table: str, name: str, type_: str, *, personal: bool) -> None:
    assert (looks_like(column(table, name, type_)) is not None) is personal


def test_registers_come_from_the_map() -> None:
    first, second = record_of_processing(map_of())
    assert (first.activity, first.gdpr, first.categories, first.retention) == (
        "Bookings",
        "contract",
        ("contact", "reference"),
        ("customers: 30",),
    )
    assert first.transfers == ("the mailer (US): standard contractual clauses",)
    assert second.tables == ("bookings",)
    (shared,) = sharing_register(map_of())
    assert (shared.recipient, shared.country, shared.activities) == ("the mailer", "US", ("Bookings",))
    (rule,) = retention_rules(map_of())
    assert (rule.table, rule.age_column, rule.days) == ("customers", "created_at", 30)


def test_a_proposal_loads_keeps_what_is_known_and_fits_afterwards() -> None:
    key = CatalogKey(table="DsrRequest", column="bookingId", to_table="bookings", to_column="id")
    live = catalog(*LIVE, "customers.phone", "DsrRequest.requesterEmail", "DsrRequest.bookingId", keys=(key,))
    proposed = draft(map_of(), live)
    map_ = map_of(proposed)
    assert map_.tables[0].retention_days == 30
    assert {each.table: sorted(each.columns) for each in map_.tables} == {
        "customers": ["email", "phone"],
        "bookings": ["customer_id"],
        "DsrRequest": ["requesterEmail"],
    }
    assert all(finding.passed for finding in check_data_map(map_, live))
    assert draft(map_, live) == proposed


def test_a_proposal_for_nothing_is_a_map_of_nothing() -> None:
    assert map_of(draft(None, catalog())).tables == ()
