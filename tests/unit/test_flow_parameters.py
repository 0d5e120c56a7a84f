"""What `sereno run` makes of the words behind the system's name."""

from __future__ import annotations

import pytest

from flows.__main__ import _parameters
from flows.backup import backup
from sereno.errors import ConfigurationError


def test_words_become_what_the_job_takes_and_the_rest_is_as_in_the_form() -> None:
    read = _parameters(backup, "backup", "demo", {"kind": "tables", "tables": '["public.users"]'})
    assert read == {"system": "demo", "kind": "tables", "tables": ["public.users"], "content_digests": False}


@pytest.mark.parametrize(
    ("word", "value", "sentence"),
    [
        (
            "kind",
            "fast",
            "a parameter of backup is wrong: kind: Input should be 'full', 'incremental', 'critical', "
            "'tables', 'data-only' or 'schema-only'",
        ),
        ("system", "other", "there is no parameter of backup 'system'; there are: kind, tables, content_digests"),
    ],
)
def test_a_wrong_one_is_one_sentence_that_names_what_is_allowed(word: str, value: str, sentence: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        _parameters(backup, "backup", "demo", {word: value})
    assert str(refused.value) == sentence
