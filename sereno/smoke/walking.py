"""Going through the pages of a list: no key twice, none left out."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit, urlunsplit

from sereno.smoke.answers import Answer
from sereno.smoke.grammar import Context, Extraction, Unfit, extract
from sereno.smoke.grammar.values import shown
from sereno.smoke.http_client import NoAnswerError
from sereno.smoke.suite.check import Walk
from sereno.smoke.templates import as_text

Send = Callable[[str], Awaitable[Answer]]
"""Asks for a page by its URL."""


async def walked(walk: Walk, first: Answer, *, send: Send, context: Context) -> tuple[bool, str]:
    """Whether the pages that begin with `first` hold every row once, and what was seen."""
    seen: dict[str, int] = {}
    page, pages, sizes = first, 1, list[int]()
    ended = False
    try:
        while True:
            keys = _keys(walk.keys, page, context)
            sizes.append(len(keys))
            for key in keys:
                if key in seen:
                    return False, f"a row of page {seen[key]} stands on page {pages} again"
                seen[key] = pages
            done = not keys or (walk.next is None and _total(walk, page, context) == len(seen))
            url = _next_url(walk, page, context, pages + 1, done=done)
            ended = url is None
            if url is None or pages == walk.at_most_pages:
                break
            page = await send(url)
            pages += 1
            if page.status != first.status:
                return False, f"page {pages} answered with status {page.status}"
        return _whole(walk, page, context, seen=len(seen), sizes=sizes, ended=ended)
    except Unfit as unfit:
        return False, f"page {pages}: {unfit}"
    except NoAnswerError as error:
        return False, f"page {pages + 1}: {error}"


def _keys(extraction: Extraction, page: Answer, context: Context) -> list[str]:
    keys = extract(extraction, page, context)
    if not isinstance(keys, list):
        raise Unfit(f"{extraction.text} gives no list")
    return [json.dumps(key, sort_keys=True, default=str) for key in keys]


def _total(walk: Walk, page: Answer, context: Context) -> Any:
    """How many rows there are, where the walk says how to know."""
    return None if walk.total is None else extract(walk.total, page, context)


def _next_url(walk: Walk, page: Answer, context: Context, number: int, *, done: bool) -> str | None:
    if walk.next is None:
        return None if done else _with_parameter(page.url, walk.parameter or "", str(number))
    try:
        following = extract(walk.next, page, context)
    except Unfit:
        return None
    if following is None or following is False or following == "":
        return None
    if walk.parameter is not None:
        return _with_parameter(page.url, walk.parameter, as_text(following))
    if not isinstance(following, str):
        raise Unfit(f"{walk.next.text} is no URL")
    try:
        return urljoin(page.url, following)
    except ValueError:
        raise Unfit(f"{walk.next.text} is no URL") from None


def _whole(walk: Walk, last: Answer, context: Context, *, seen: int, sizes: list[int], ended: bool) -> tuple[bool, str]:
    full = sizes[:-1] if sizes[-1] else sizes[:-2]  # pages that are counted may end with an empty one
    if gap := next((number for number, size in enumerate(full, 1) if size != sizes[0]), None):
        return False, f"page {gap} has {sizes[gap - 1]} rows where the first has {sizes[0]}, and is not the last"
    told = f"{seen:,} rows on {len(sizes):,} pages, none twice"
    if not ended:
        return True, f"{told}; the walk was ended after {walk.at_most_pages:,} pages"
    total = _total(walk, last, context)
    if walk.total is not None and total != seen:
        return False, f"{walk.total.text} says {shown(total)}, and the pages hold {seen:,} rows"
    return True, told


def _with_parameter(url: str, name: str, value: str) -> str:
    parts = urlsplit(url)
    query = [(key, each) for key, each in parse_qsl(parts.query, keep_blank_values=True) if key != name]
    return urlunsplit(parts._replace(query=urlencode([*query, (name, value)])))
