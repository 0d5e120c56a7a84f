"""The part of the page about sessions: room for connections, forgotten transactions, long queries, who blocks whom."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from sereno.care.looking import Unseen
from sereno.care.page.area import Area, Judged, table, unseen, without
from sereno.care.server import Server
from sereno.care.sessions import Session, Sessions, Wait, blocker_tree
from sereno.reports.build import human_count, human_seconds, shortened
from sereno.reports.charts import bar_chart
from sereno.reports.model import Finding, ReportTable
from sereno.systems.sections.care import Care

_COLUMNS = ("session", "end_session=", "does", "statement", "role", "application")
_LONGEST_APPLICATION = 30
_LONGEST_STATEMENT = 60
_INDENT = "\u2003"  # wide, and kept where several common spaces would become one


def area(sessions: Sessions | Unseen, server: Server, care: Care) -> Area:
    """The findings about all sessions on the server, and on this database."""
    if isinstance(sessions, Unseen):
        return unseen("sessions", sessions)
    here, hidden = sessions.of_database, [each for each in sessions.of_database if each.hidden]
    shown = f"of those that can be seen; {human_count(len(hidden))} cannot" if hidden else ""
    idle = [each for each in here if each.idle_in_transaction]
    forgotten = [each for each in idle if (each.state_seconds or 0) > care.idle_in_transaction_minutes * 60]
    running = [
        each for each in here if each.state == "active" and (each.query_seconds or 0) > care.long_query_minutes * 60
    ]
    judged = [
        _room(sessions, server, care),
        without(
            [_told(each) for each in forgotten],
            f"no session is idle in a transaction for more than {human_seconds(care.idle_in_transaction_minutes * 60)}",
            trouble=("forgotten transaction", "forgotten transactions"),
            advice="it keeps its locks and every dead row since; mend the program, or end the session",
            required=True,
            otherwise=shown,
        ),
        _blocked(sessions, care),
        without(
            [_told(each) for each in running],
            f"no query runs for more than {human_seconds(care.long_query_minutes * 60)}",
            trouble=("long query", "long queries"),
            advice="see whether it is meant to take so long",
            required=False,
            otherwise=shown,
        ),
    ]
    worth = list(dict.fromkeys([*forgotten, *running, *idle]))
    states = Counter(each.state or "hidden from the role" for each in here)
    elsewhere = len(sessions.sessions) - len(here)
    if elsewhere:
        states["on other databases"] = elsewhere
    bars = [(state, float(number)) for state, number in states.most_common()]
    return Area(
        judged=judged,
        figures={
            "connections": len(sessions.sessions) + 1,
            "connections_allowed": server.connections_allowed,
            "idle_in_transaction": f"{len(idle)} {shown}" if shown else len(idle),
            "waiting_for_locks": len(sessions.waits),
        },
        charts={"Connections by what they do": bar_chart("Connections by what they do", bars, "")} if bars else {},
        tables=[*_tree(sessions), *table("Sessions worth a look", _COLUMNS, (_row(each) for each in worth))],
    )


def _room(sessions: Sessions, server: Server, care: Care) -> Judged:
    taken = len(sessions.sessions) + 1  # with the one that looks
    percent = 100 * taken / server.connections_allowed
    passed = percent <= care.connections_percent
    told = f"{taken} of {server.connections_allowed} ({percent:.0f} %)"
    advice = "" if passed else "\n→ the next clients will be refused: see in the chart who does not let go"
    name = f"at most {care.connections_percent} % of the server's connections are taken"
    return Judged(Finding(name=name, passed=passed, evidence=told + advice), f"{told} connections taken")


def _blocked(sessions: Sessions, care: Care) -> Judged:
    known = {each.pid: each for each in sessions.sessions}
    long = [wait for wait in sessions.waits if wait.seconds > care.blocked_seconds]
    return without(
        [_waits(wait, known.get(wait.pid)) for wait in long],
        f"no session waits for a lock for more than {human_seconds(care.blocked_seconds)}",
        trouble=("blocked session", "blocked sessions"),
        advice=f"in the end all wait for {'; '.join(_roots(sessions))}",
        required=True,
        otherwise=f"{human_count(len(sessions.waits))} wait, none for so long" if sessions.waits else "",
    )


def _roots(sessions: Sessions) -> list[str]:
    """Those who hold everybody up and wait for nobody, with what ends them."""
    known = {each.pid: each for each in sessions.sessions}
    roots = [branch.pid for branch in blocker_tree(sessions.waits) if branch.depth == 0]
    return [_root(pid, known.get(pid)) for pid in roots]


def _root(pid: int, session: Session | None) -> str:
    if not pid:
        return "a prepared transaction: COMMIT or ROLLBACK PREPARED"
    ending = f": end_session={session.handle}" if session and session.handle else ""
    return f"session {pid} ({_does(session)}){ending}"


def _waits(wait: Wait, session: Session | None) -> str:
    who = f"{wait.pid} ({session.role})" if session else str(wait.pid)
    by = ", ".join("a prepared transaction" if not pid else str(pid) for pid in wait.blockers)
    return f"session {who} waits {human_seconds(wait.seconds)} for {wait.lock}, held up by {by}"


def _tree(sessions: Sessions) -> list[ReportTable]:
    known = {each.pid: each for each in sessions.sessions}
    waits = {wait.pid: wait for wait in sessions.waits}

    def rows() -> Iterator[tuple[str, ...]]:
        for branch in blocker_tree(sessions.waits):
            session, wait = known.get(branch.pid), waits.get(branch.pid)
            pid = str(branch.pid) if branch.pid else "a prepared transaction"
            doing = f"waits {human_seconds(wait.seconds)} for {wait.lock}" if wait else _does(session)
            _, handle, _, *cells = _row(session) if session else ("",) * len(_COLUMNS)
            yield (f"{_INDENT * branch.depth}{'└ ' if branch.depth else ''}{pid}", handle, doing, *cells)

    return table("Who waits for whom: each below the session that it waits for", _COLUMNS, rows())


def _row(session: Session) -> tuple[str, ...]:
    application = shortened(session.application, _LONGEST_APPLICATION)
    statement = shortened(session.query, _LONGEST_STATEMENT)
    return (str(session.pid), session.handle, _does(session), statement, session.role or "", application)


def _does(session: Session | None) -> str:
    if session is None or session.hidden:
        return "hidden from the role"
    since = session.query_seconds if session.state == "active" else session.state_seconds
    return f"{session.state} for {human_seconds(since)}" if since is not None else str(session.state)


def _told(session: Session) -> str:
    return f"session {session.pid} of {session.role}: {_does(session)}; {shortened(session.query, 120)}"


def hidden_sessions(sessions: Sessions | Unseen) -> Sequence[Session]:
    """Those on the database of which the role sees only that they are there."""
    return () if isinstance(sessions, Unseen) else [each for each in sessions.of_database if each.hidden]
