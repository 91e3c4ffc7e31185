"""The files that put the studio on a server, as far as they can be checked without Docker."""

import json
import re
import tomllib
from importlib import metadata
from pathlib import Path
from string import Template

import pytest

from pages.parts.live.camera import check_ice_servers

ROOT = Path(__file__).parents[1]
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
SERVING = (ROOT / "requirements-serving.txt").read_text(encoding="utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
# What the image lives without, 0.7 GB; and what would bring it back.
ABSENT = {"tensorflow", "tensorflow-cpu", "keras", "scikit-learn", "scipy", "torch", "jax"}


def names(lines):
    """Distribution -> the line that asks for it."""
    found = (line.strip() for line in lines)
    return {re.match(r"[\w.-]+", line).group().lower(): line for line in found if line and line[0].isalnum()}


def of_extra(extra):
    """What an extra asks for, and the extras that it names."""
    found = {}
    for line in PROJECT["optional-dependencies"][extra]:
        inner = re.fullmatch(r"fer-core\[(.+)\]", line)
        for part in inner.group(1).split(",") if inner else ():
            found |= of_extra(part)
        found |= {} if inner else names([line])
    return found


def test_the_image_installs_what_the_package_asks_for():
    expected = names(PROJECT["dependencies"]) | of_extra("serving") | of_extra("api")
    assert names(SERVING.splitlines()) == expected


def test_nothing_that_the_image_installs_brings_tensorflow():
    waiting, seen = [*names(SERVING.splitlines())], set()
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        try:
            requires = metadata.requires(name) or []
        except metadata.PackageNotFoundError:  # for another platform or Python
            continue
        seen.add(name)
        waiting += names(line for line in requires if "extra ==" not in line)
    assert "streamlit" in seen
    assert seen & ABSENT == set()


def test_what_is_copied_is_there_and_let_through():
    copied = re.findall(r"^COPY (?!--)(.+) \S+$", DOCKERFILE, re.MULTILINE)
    sources = {source for line in copied for source in line.split()}
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert "*" in ignored
    for source in sources:
        assert (ROOT / source).exists()
        assert f"!{source}" in ignored
    assert {"fer_core", "models", "pages", "streamlit_app.py"} <= sources


def test_the_image_runs_as_nobody_in_particular_and_says_whether_it_is_well():
    last = DOCKERFILE.rpartition("FROM ")[2]
    assert re.search(r"^USER fer$", last, re.MULTILINE)
    assert "localhost:8501/_stcore/health" in last
    assert "FER_PUBLIC=1" in last
    words = re.search(r"HEALTHCHECK .*CMD (\[(?:.|\n)+?\])", last).group(1)
    compile(json.loads(words.replace("\\\n", ""))[2], "health", "exec")


@pytest.fixture
def services():
    yaml = pytest.importorskip("yaml", reason="PyYAML is not installed")
    text = (ROOT / "compose.yaml").read_text(encoding="utf-8")
    text = re.sub(r"\$\{(\w+)(:\?[^}]*)?\}", r"${\1}", text)
    said = {"FER_HOST": "fer.example.org", "FER_IP": "203.0.113.7", "TURN_PASSWORD": "secret"}
    return yaml.safe_load(Template(text).substitute(said))["services"]


def test_the_app_uses_the_turn_server_beside_it(services):
    told = services["app"]["environment"]["FER_ICE_SERVERS"]
    (server,) = check_ice_servers(json.loads(told), "compose.yaml")
    words = services["turn"]["command"].split()
    assert f"--user={server['username']}:{server['credential']}" in words
    assert "--realm=fer.example.org" in words
    assert all(url.startswith("turn:fer.example.org:3478?") for url in server["urls"])
    assert "--listening-port=3478" in words


def test_the_turn_server_leads_to_no_private_network_but_the_apps(services):
    words = services["turn"]["command"].split()
    assert [each for each in words if each.startswith("--allowed")] == [
        "--allowed-peer-ip=172.30.87.0-172.30.87.255"
    ]
    denied = {each.partition("=")[2].split(".")[0] for each in words if each.startswith("--denied")}
    assert {"10", "127", "169", "172", "192"} <= denied


def test_only_the_proxy_is_reached_from_outside(services):
    assert [name for name, service in services.items() if "ports" in service] == ["proxy"]
    assert services["proxy"]["command"].endswith("--to app:8501")
    assert services["app"]["environment"]["STREAMLIT_BROWSER_SERVER_ADDRESS"] == "fer.example.org"
