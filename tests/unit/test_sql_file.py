"""`:name` parameters are found where PostgreSQL would see them, and nowhere else."""

from __future__ import annotations

import string
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sereno.errors import ConfigurationError, ContractError
from sereno.systems.contracts import CONTRACTS, audit
from sereno.systems.contracts.contract import Contract, Family, SqlKind
from sereno.systems.sql_file import SqlFile
from sereno.systems.sql_tokens import SqlTextError, tokens

CONTRACT = Contract(
    stem="idle.candidates",
    kind=SqlKind.QUERY,
    job="maintenance",
    description="Clients without a call since the cutoff.",
    parameters={"cutoff": Family.TIMESTAMP, "n": Family.INTEGER},
)


def sql(text: str) -> SqlFile:
    return SqlFile(Path.cwd() / "sql" / "idle.candidates.sql", text)


@pytest.mark.parametrize(
    ("text", "converted", "names"),
    [
        ("SELECT 1", "SELECT 1", ()),
        ("SELECT :n", "SELECT %(n)s", ("n",)),
        ("SELECT :n, :cutoff, :n", "SELECT %(n)s, %(cutoff)s, %(n)s", ("n", "cutoff")),
        ("WHERE a=:n", "WHERE a=%(n)s", ("n",)),
        ("SELECT (:n)::int", "SELECT (%(n)s)::int", ("n",)),
        ("SELECT :n::int", "SELECT %(n)s::int", ("n",)),
        ("SELECT x::text", "SELECT x::text", ()),
        ("f(a := 1, b:=:n)", "f(a := 1, b:=%(n)s)", ("n",)),
        ("SELECT ':n'", "SELECT ':n'", ()),
        ("SELECT 'it''s :n'", "SELECT 'it''s :n'", ()),
        (r"SELECT '\' , :n", r"SELECT '\' , %(n)s", ("n",)),
        (r"SELECT E'\' :n', :cutoff", r"SELECT E'\' :n', %(cutoff)s", ("cutoff",)),
        (r"SELECT e'\\', :n", r"SELECT e'\\', %(n)s", ("n",)),
        ("SELECT name'x', :n", "SELECT name'x', %(n)s", ("n",)),
        ('SELECT ":n", "a""b:n"', 'SELECT ":n", "a""b:n"', ()),
        ("SELECT 1 -- :n\n, :cutoff", "SELECT 1 -- :n\n, %(cutoff)s", ("cutoff",)),
        ("/* :n /* :n */ :n */ :cutoff", "/* :n /* :n */ :n */ %(cutoff)s", ("cutoff",)),
        ("$$ :n $$ :cutoff", "$$ :n $$ %(cutoff)s", ("cutoff",)),
        ("$a$ $$ :n $b$ $a$ :cutoff", "$a$ $$ :n $b$ $a$ %(cutoff)s", ("cutoff",)),
        ("SELECT a$b$ :n", "SELECT a$b$ %(n)s", ("n",)),
        ("a[1:n]", "a[1:n]", ()),
        ("a[lower:upper]", "a[lower:upper]", ()),
        ("a[f(1):n]", "a[f(1):n]", ()),
        ("a[b[1]:n]", "a[b[1]:n]", ()),
        ("a['1':'2']", "a['1':'2']", ()),
        ("a[1:]", "a[1:]", ()),
        ("a[ : n]", "a[ : n]", ()),
        ("a[:n]", "a[%(n)s]", ("n",)),
        ("ARRAY[:n, :cutoff]", "ARRAY[%(n)s, %(cutoff)s]", ("n", "cutoff")),
        ("ARRAY[CASE WHEN :n THEN 1 END]", "ARRAY[CASE WHEN %(n)s THEN 1 END]", ("n",)),
        ("a[1] = :n", "a[1] = %(n)s", ("n",)),
        ("]]] x:n", "]]] x%(n)s", ("n",)),
        ("LIKE '50%' AND a % 2 = :n -- 100%", "LIKE '50%%' AND a %% 2 = %(n)s -- 100%%", ("n",)),
        ("SELECT :año", "SELECT %(año)s", ("año",)),
        ("SELECT ':n' :n ':n'", "SELECT ':n' %(n)s ':n'", ("n",)),
        ("", "", ()),
    ],
)
def test_parameters_become_the_drivers(text: str, converted: str, names: tuple[str, ...]) -> None:
    assert sql(text).for_psycopg() == (converted, names)


def test_parameters_become_numbers_for_a_prepared_statement() -> None:
    assert sql("SELECT :b % 2, :a, :b").numbered() == ("SELECT $1 % 2, $2, $1", ("b", "a"))


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ("SELECT\n'a", 2, "the quote ' is not closed"),
        ("SELECT\n\n\"a'", 3, 'the quote " is not closed'),
        ("SELECT E'a\\'", 1, "the quote ' is not closed"),
        ("SELECT 1\n/* /* */", 2, r"the comment /\* is not closed"),
        ("SELECT\n $x$ $$", 2, r"the quote \$x\$ is not closed"),
        ("SELECT 1,\n$1", 2, r"write a parameter as :name instead of \$1"),
        ("SELECT\n:'n'", 2, "write a parameter as :name, without quotes or braces"),
        ('SELECT :"n"', 1, ".* without quotes or braces"),
        ("SELECT :{?n}", 1, ".* without quotes or braces"),
    ],
)
def test_what_cannot_be_read_is_named_by_file_and_line(text: str, line: int, reason: str) -> None:
    with pytest.raises(ContractError, match=rf"idle\.candidates\.sql:{line}: {reason}"):
        sql(text).for_psycopg()


@given(st.text(alphabet="aE1_ \n'\"$:;=[]()-/*\\%é\0", max_size=60))
def test_the_pieces_of_any_text_give_the_text_again(text: str) -> None:
    pieces = []
    with suppress(SqlTextError):
        for piece in tokens(text):
            pieces.append(piece)  # noqa: PERF402  (what came before an error counts as well)
    assert text.startswith("".join(piece.text for piece in pieces))
    lines = [piece.line for piece in pieces]
    assert lines == sorted(lines)


QUOTED = st.sampled_from(["'{}'", '"{}"', "-- {}\n", "/* {} */", "$q${}$q$", "E'{}'"])
INSIDE = st.text(alphabet=string.ascii_letters + " :%;[]().,=\u00e9", max_size=20)


@given(st.lists(st.tuples(QUOTED, INSIDE), max_size=8), st.lists(st.sampled_from(["a", "b_1", "ids"]), max_size=4))
def test_nothing_inside_quotes_or_comments_is_ever_a_parameter(quoted: list[tuple[str, str]], names: list[str]) -> None:
    text = " ".join([quote.format(inside) for quote, inside in quoted] + [f"= :{name}" for name in names])
    converted, found = sql(text).for_psycopg()
    assert found == tuple(dict.fromkeys(names))
    assert converted.count("\n") == text.count("\n")
    back = converted.replace("%%", "%") if not names else (converted % {name: f":{name}" for name in names})
    assert back == text


@given(st.sampled_from(["'", '"', "$", "/*", ":", "[", "--", "\\", "E'", "''", "$a$"]), st.integers(1, 20_000))
def test_hostile_text_is_cut_in_linear_time(piece: str, times: int) -> None:
    started = time.process_time()
    with suppress(SqlTextError):
        list(tokens(piece * times))
    assert time.process_time() - started < 20, "in quadratic time it would be minutes"


@pytest.mark.parametrize(
    ("text", "verb"),
    [("select 1", "SELECT"), ("-- a\n/* b */ (\nWITH x", "WITH"), ("COMMIT", "COMMIT"), ("\\d", "\\")],
)
def test_the_first_word_says_what_a_statement_is(text: str, verb: str) -> None:
    assert sql(text).verb == verb


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("SELECT 1", None),
        ("SELECT 1;", None),
        ("SELECT 1; -- done\n;", None),
        ("SELECT ';'; /* ; x */", None),
        ("SELECT 1;\nCOMMIT", 2),
        (";\n\nSELECT 1", 3),
    ],
)
def test_a_second_statement_is_found(text: str, line: int | None) -> None:
    assert sql(text).second_statement_line == line


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("SELECT :cutoff", ()),
        ("", ("sql/idle.candidates.sql:1: holds no statement",)),
        ("SELECT '", ("sql/idle.candidates.sql:1: the quote ' is not closed",)),
        ("SELECT\n:m, :n, :m", ("sql/idle.candidates.sql:2: no parameter :m; there are :cutoff, :n",)),
        (
            "UPDATE a SET b = 1",
            ("sql/idle.candidates.sql: a query begins with one of SELECT, TABLE, VALUES, WITH, not with UPDATE",),
        ),
        ("SELECT 1;\nSELECT 2", ("sql/idle.candidates.sql:2: a second statement; a file holds exactly one",)),
    ],
)
def test_a_contract_names_what_is_wrong_with_the_form(text: str, expected: tuple[str, ...]) -> None:
    assert tuple(problem[problem.index("sql/") :] for problem in CONTRACT.problems_of_form(sql(text))) == expected


@pytest.mark.parametrize(
    "verb", ["COMMIT", "BEGIN", "SET", "COPY", "DO", "LOCK", "CALL", "TRUNCATE", "ANALYZE", "DROP"]
)
def test_a_statement_is_a_change_of_rows_and_nothing_else(verb: str) -> None:
    (problem,) = audit.CONTRACTS[0].problems_of_form(sql(f"{verb} x"))
    assert f"not with {verb}" in problem


def test_parameters_that_a_file_leaves_out_are_known() -> None:
    assert CONTRACT.unused_parameters(sql("SELECT :n")) == ("cutoff",)


def test_an_optional_parameter_is_no_remark_when_it_is_left_out() -> None:
    optional = replace(CONTRACT, optional_parameters=frozenset({"cutoff"}))
    assert optional.unused_parameters(sql("SELECT :n")) == ()
    assert optional.unused_parameters(sql("SELECT 1")) == ("n",)


def test_contracts_are_described_and_called_like_their_files() -> None:
    stems = [contract.stem for contract in CONTRACTS]
    assert len(stems) == len(set(stems))
    assert all(contract.description for contract in CONTRACTS)
    assert all(contract.columns or contract.any_columns for contract in CONTRACTS if contract.kind is SqlKind.QUERY)


@pytest.mark.parametrize(
    ("stem", "file", "fits"),
    [
        ("audit.mirror", "audit.mirror", True),
        ("audit.mirror", "audit.mirrors", False),
        ("drill.*", "drill.totals", True),
        ("drill.*", "drill.", False),
        ("drill.*", "drill_newest_row", False),
        ("idle.*.rows", "idle.clients.rows", True),
        ("idle.*.rows", "idle..rows", False),
        ("idle.*.rows", "idle.clients", False),
    ],
)
def test_a_contract_is_about_one_file_or_a_family_of_them(stem: str, file: str, fits: bool) -> None:
    contract = Contract(stem=stem, kind=SqlKind.STATEMENT, job="idle", description="x").of(file)
    assert (contract is not None) == fits
    assert contract is None or contract.stem == file


def test_a_file_is_read_within_its_folder_only(tmp_path: Path) -> None:
    inside, outside = tmp_path / "point", tmp_path / "outside.sql"
    inside.mkdir()
    outside.write_text("SELECT 1")
    (inside / "right.sql").write_text("SELECT 2")
    (inside / "link.sql").symlink_to(outside)
    (inside / "huge.sql").write_text(" " * 300_000)
    assert SqlFile.read(inside / "right.sql", folder=inside).text == "SELECT 2"
    for name, reason in (("link.sql", "leaves"), ("huge.sql", "larger"), ("none.sql", "does not exist")):
        with pytest.raises(ConfigurationError, match=rf"{name} .*{reason}"):
            SqlFile.read(inside / name, folder=inside)
