from __future__ import annotations

from typing import Any

import pytest

from sereno.restore.likeness import Likeness, elements

PROPERTIES: dict[str, Any] = {
    "owner": "Own Er",
    "tablespace": "pg_default",
    "encoding_name": "UTF8",
    "datcollate": "C",
    "datctype": "C",
    "datconnlimit": -1,
    "datacl": None,
    "comment": None,
}


def statements(likeness: Likeness) -> list[str]:
    return [statement.as_string() for statement in likeness.dressing("d")]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ('"$user", public', ["$user", "public"]),
        ('"a, b","say ""x"""', ["a, b", 'say "x"']),
        ("public", ["public"]),
        ('""', [""]),
        ("", [""]),
    ],
)
def test_a_setting_of_several_names_is_taken_apart_as_the_server_does(text: str, names: list[str]) -> None:
    assert elements(text) == names


def test_a_database_that_nobody_changed_gets_no_grants_and_no_settings() -> None:
    assert statements(Likeness(properties=PROPERTIES, grants=(), settings=())) == [
        'COMMENT ON DATABASE "d" IS NULL',
    ]


def test_grants_are_given_after_everything_was_taken_from_everybody() -> None:
    grants = ((None, "TEMPORARY", False), ("reader", "CONNECT", True))
    changed = Likeness(properties={**PROPERTIES, "datacl": ["x"], "comment": "it's"}, grants=grants, settings=())
    assert statements(changed) == [
        'REVOKE ALL ON DATABASE "d" FROM PUBLIC, "Own Er"',
        'GRANT TEMPORARY ON DATABASE "d" TO PUBLIC',
        'GRANT CONNECT ON DATABASE "d" TO "reader" WITH GRANT OPTION',
        "COMMENT ON DATABASE \"d\" IS 'it''s'",
    ]


def test_settings_are_set_for_everybody_and_for_roles() -> None:
    settings = ((None, 'search_path="$user", app'), (None, "my.flag=a=b, c"), ("reader", "work_mem=64MB"))
    assert statements(Likeness(properties=PROPERTIES, grants=(), settings=settings))[:-1] == [
        """ALTER DATABASE "d" SET "search_path" TO '$user', 'app'""",
        """ALTER DATABASE "d" SET "my"."flag" TO 'a=b, c'""",
        """ALTER ROLE "reader" IN DATABASE "d" SET "work_mem" TO '64MB'""",
    ]


@pytest.mark.parametrize(
    ("properties", "expected"),
    [
        ({}, ""),
        ({"datlocprovider": "c"}, ""),
        ({"datlocprovider": "i", "daticulocale": "de-DE"}, " LOCALE_PROVIDER icu ICU_LOCALE 'de-DE'"),
        (
            {"datlocprovider": "i", "datlocale": "und", "daticurules": "&a<b"},
            " LOCALE_PROVIDER icu ICU_LOCALE 'und' ICU_RULES '&a<b'",
        ),
        ({"datlocprovider": "b", "datlocale": "C.UTF-8"}, " LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8'"),
    ],
)
def test_a_new_database_gets_the_locale_of_the_old(properties: dict[str, Any], expected: str) -> None:
    text = Likeness(properties={**PROPERTIES, **properties}, grants=(), settings=()).creation("d").as_string()
    assert " ".join(text.split()) == (
        "CREATE DATABASE \"d\" OWNER \"Own Er\" TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C' "
        'TABLESPACE "pg_default" CONNECTION LIMIT -1' + expected
    )
