"""The rules of the house. Each is a function from file texts to problems, and is itself shown able to fail."""

from __future__ import annotations

import ast
import importlib.machinery
import re
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from infra.local.deployments import check_flows, sources
from infra.local.prefect_file import read_prefect_file
from sereno.errors import ConfigurationError
from sereno.settings import Settings
from sereno.systems.loader import load_system

Files = Mapping[str, str]
Rule = Callable[[Files], list[str]]

ROOT = Path(__file__).resolve().parent.parent
FORBIDDEN = {
    "sereno": {"prefect", "tasks", "flows", "infra", "tests"},
    "tasks": {"flows", "infra", "tests"},
    "flows": {"infra", "tests"},
}
WIRES = {"asyncpg", "boto3", "httpx", "psycopg", "smtplib", "socket", "sqlalchemy", "subprocess"}
VAGUE = re.compile(r"(?:^|/)(?:util|helper|common|manager)s?(?:\.\w+|/)")
RUNBOOK = ("When:", "What it changes:", "When it fails:")
LONGEST = 300  # lines
UNWANTED = {
    "an address of a package registry": re.compile(
        "|".join((r"pypi\." + "org", "python" + "hosted", r"registry\.npm" + "js", "index" + "-url"))
        + r"|https?://\S+\.(?:whl|tgz|tar\.gz)"
    ),
    "a path of somebody's machine": re.compile(r"(?<![\w.}:])/(?:home|Users|root|" + "work" + r")/\w"),
    "a left-over mark": re.compile(r"\b(?:TO" + "DO|FIX" + r"ME)\b"),
}


def repository() -> dict[str, str]:
    """Every text file that git tracks or would track, by its path."""
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", "-z"], cwd=ROOT, capture_output=True, check=True
    )
    texts: dict[str, str] = {}
    for name in listed.stdout.decode().split("\0"):
        if (path := ROOT / name).is_file() and b"\0" not in (content := path.read_bytes()):
            texts[name] = content.decode(errors="replace")
    return texts


def imported_modules(text: str) -> Iterator[str]:
    """The modules that a file imports, wherever it does; a relative import begins with a dot."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = "." * node.level + (node.module or "")
            yield from (module, *(f"{module}.{alias.name}" for alias in node.names))


def imports_run_one_way(files: Files) -> list[str]:
    """flows → tasks → sereno, and nothing back."""
    return [
        f"{name} imports {module}"
        for name, text in files.items()
        if name.endswith(".py") and (forbidden := FORBIDDEN.get(name.split("/")[0]))
        for module in imported_modules(text)
        if module.split(".")[0] in forbidden or module.startswith(".")
    ]


def flows_import_only_types_and_rules(files: Files) -> list[str]:
    """What a flow takes from `sereno` itself is no adapter: its module imports nothing that touches a wire."""
    modules = {name.removesuffix(".py").replace("/", "."): text for name, text in files.items()}
    return [
        f"{name} imports {module}, which imports {wire}"
        for name, text in files.items()
        if re.fullmatch(r"flows/[a-z]\w*\.py", name)
        for module in imported_modules(text)
        if module.startswith("sereno.") and module in modules
        for wire in sorted({each.split(".")[0] for each in imported_modules(modules[module])} & WIRES)
    ]


def flow_files_shadow_nothing(files: Files) -> list[str]:
    """A flow is loaded with flows/ at the head of the path, where its name would hide a module of the same name."""
    path = [entry for entry in sys.path if Path(entry or ".").resolve() != ROOT / "flows"]
    return [
        f"{name} hides a module of that name"
        for name in files
        if (found := re.fullmatch(r"flows/([a-z]\w*)\.py", name))
        and (found[1] in sys.stdlib_module_names or importlib.machinery.PathFinder.find_spec(found[1], path))
    ]


def flows_package_is_empty(files: Files) -> list[str]:
    """`flows/__init__.py` would run twice under two names."""
    return ["flows/__init__.py is not empty"] if files.get("flows/__init__.py") else []


def flows_have_a_runbook(files: Files) -> list[str]:
    """The docstring of a flow says when, what it changes, what to do when it fails, and what each parameter means."""
    problems: list[str] = []
    for name, text in files.items():
        if not re.fullmatch(r"flows/[a-z]\w*\.py", name):
            continue
        functions = [
            node
            for node in ast.parse(text).body
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.decorator_list
        ]
        problems += [] if functions else [f"{name} has no flow"]
        for function in functions:
            words = ast.get_docstring(function) or ""
            problems += [f"{name}: {function.name} does not say {part!r}" for part in RUNBOOK if part not in words]
            explained = re.findall(r"^    (\w+): \S", words.partition("Args:")[2], re.MULTILINE)
            arguments = [each.arg for each in (*function.args.args, *function.args.kwonlyargs)]
            problems += [
                f"{name}: {function.name} does not explain {each}" for each in arguments if each not in explained
            ]
    return problems


def readme_names_every_job(files: Files) -> list[str]:
    """A job that the README does not know is one that nobody finds."""
    jobs = [found[1] for name in files if (found := re.fullmatch(r"flows/([a-z]\w*)\.py", name))]
    return [f"README.md does not name {job}" for job in jobs if f"`{job}`" not in files.get("README.md", "")]


def names_say_what_is_inside(files: Files) -> list[str]:
    """No drawer for everything."""
    return [f"{name} has a name that says nothing" for name in files if VAGUE.search(name)]


def python_files_are_short(files: Files) -> list[str]:
    """At most 300 lines."""
    return [
        f"{name} has {lines} lines"
        for name, text in files.items()
        if name.endswith(".py") and (lines := len(text.splitlines())) > LONGEST
    ]


def texts_hold_nothing_unwanted(files: Files) -> list[str]:
    """No address of a package registry, no path of a machine, no left-over mark."""
    return [
        f"{name}:{number} holds {what}"
        for name, text in files.items()
        for number, line in enumerate(text.splitlines(), 1)
        for what, pattern in UNWANTED.items()
        if pattern.search(line)
    ]


def lock_agrees_with_project(files: Files) -> list[str]:
    """Every direct dependency is locked, to a version that pyproject.toml allows, and everything has hashes."""
    project = tomllib.loads(files["pyproject.toml"])["project"]
    wanted = [
        *project["dependencies"],
        *(each for extra in project["optional-dependencies"].values() for each in extra),
    ]
    entries = re.findall(r"^([\w.-]+)==([^\s;\\]+)[^\n]*(\n    --hash=)?", files["requirements.lock"], re.MULTILINE)
    locked = {canonicalize_name(name): version for name, version, _ in entries}
    problems = [f"{name} has no hash" for name, _, hashed in entries if not hashed]
    for requirement in map(Requirement, wanted):
        version = locked.get(canonicalize_name(requirement.name))
        if version is None or not requirement.specifier.contains(version, prereleases=True):
            problems.append(f"{requirement} is wanted, {version} is locked; run `make lock`")
    return problems


RULES: dict[Rule, Files] = {
    imports_run_one_way: {"sereno/cli/run.py": "def run():\n    import prefect.flows\n"},
    flows_import_only_types_and_rules: {
        "flows/a.py": "from sereno.b import Thing",
        "sereno/b.py": "import psycopg",
    },
    flow_files_shadow_nothing: {"flows/calendar.py": ""},
    flows_package_is_empty: {"flows/__init__.py": "from flows.backup import backup"},
    flows_have_a_runbook: {
        "flows/a.py": '@job()\ndef a(system: str):\n    """When: x What it changes: y When it fails: z"""\n'
    },
    readme_names_every_job: {"flows/a.py": "", "README.md": "| `b` |"},
    names_say_what_is_inside: {"sereno/common/text.py": ""},
    python_files_are_short: {"sereno/a.py": "a = 1\n" * (LONGEST + 1)},
    texts_hold_nothing_unwanted: {"README.md": "look into /" + "home/maria/sereno"},
    lock_agrees_with_project: {
        "pyproject.toml": '[project]\ndependencies = ["rich>=13"]\noptional-dependencies = {}\n',
        "requirements.lock": "rich==12.0 \\\n    --hash=sha256:00\n",
    },
}
MORE_BAD_EXAMPLES: list[tuple[Rule, Files]] = [
    (imports_run_one_way, {"tasks/a.py": "from flows.backup import backup"}),
    (imports_run_one_way, {"flows/a.py": "import infra.demo"}),
    (imports_run_one_way, {"sereno/a.py": "from . import b"}),
    (flow_files_shadow_nothing, {"flows/tasks.py": ""}),
    (flow_files_shadow_nothing, {"flows/httpx.py": ""}),
    (flows_have_a_runbook, {"flows/a.py": ""}),
    (flows_have_a_runbook, {"flows/a.py": '@job()\ndef a():\n    """Do it."""\n'}),
    (names_say_what_is_inside, {"tasks/helpers.py": ""}),
    (texts_hold_nothing_unwanted, {"a.py": "# FIX" + "ME: later"}),
    (texts_hold_nothing_unwanted, {"pip.conf": "index" + "-url = here"}),
    (texts_hold_nothing_unwanted, {"lock": "https://" + "host/a-1.0.tar.gz"}),
    (
        lock_agrees_with_project,
        {"pyproject.toml": '[project]\ndependencies = ["rich"]\noptional-dependencies = {}\n', "requirements.lock": ""},
    ),
]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_repository_keeps_the_rule(rule: Rule) -> None:
    assert rule(repository()) == []


@pytest.mark.parametrize(("rule", "bad"), [*RULES.items(), *MORE_BAD_EXAMPLES])
def test_the_rule_can_fail(rule: Rule, bad: Files) -> None:
    assert rule(bad)


def test_every_deployment_loads_with_its_system_and_its_parameters(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr(sys, "path", list(sys.path))
    settings = Settings()
    check_flows(sources(settings))
    for deployment in (one for source in sources(settings) for one in source.deployments):
        assert load_system(deployment.system, settings).name == deployment.system
        assert not (deployment.parameters.model_extra or {}).get("confirm_live"), "its form would begin confirmed"


GOOD = """
deployments:
  - name: point-backup
    description: Every night.
    entrypoint: flows/backup.py:backup
    parameters: {system: point}
    work_pool: {name: sereno}
    schedules: [{cron: "0 2 * * *", timezone: Europe/Lisbon}]
    concurrency_limit: {limit: 1, collision_strategy: ENQUEUE}
"""


def test_a_good_prefect_file_is_read(tmp_path: Path) -> None:
    (tmp_path / "prefect.yaml").write_text(GOOD)
    assert read_prefect_file(tmp_path / "prefect.yaml").deployments[0].scheduled


@pytest.mark.parametrize(
    ("good", "bad"),
    [
        ("deployments:", "pulls: []\ndeployments:"),
        ("    description:", "    descriptions:"),
        ("cron:", "crom:"),
        ("timezone:", "catchup: false, timezone:"),
        ("limit: 1", "limits: 1"),
        ("{name: sereno}", "{name: sereno, queue: default}"),
        ("{name: sereno}", "{name: sereno, job_variables: {env: {PASSWORD: x}}}"),
        ("{system: point}", "{kind: full}"),
        ("ENQUEUE", "CANCEL"),
        ("flows/backup.py:backup", "backup.py"),
        ("    description: Every night.", "    description: Every night.\n    description: Every day."),
    ],
)
def test_a_prefect_file_with_a_mistake_is_refused(tmp_path: Path, good: str, bad: str) -> None:
    (tmp_path / "prefect.yaml").write_text(GOOD.replace(good, bad, 1))
    with pytest.raises(ConfigurationError):
        read_prefect_file(tmp_path / "prefect.yaml")
