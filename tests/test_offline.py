"""Nothing leaves the machine: no module asks for the network, and everything works where there is none.

``scripts/run_offline.py`` runs all tests that way; here a wave is classified and a page is served.
"""

import ast
import shutil
import subprocess
import sys

import pytest

from conftest import ROOT, needs

PACKAGE = ROOT / "src" / "comment_classifier"
NETWORK = {
    "aiohttp", "asyncio", "ftplib", "http", "httpx", "imaplib", "poplib", "requests", "smtplib", "socket",
    "socketserver", "ssl", "telnetlib", "urllib", "urllib3", "webbrowser", "websockets", "wsgiref", "xmlrpc",
}  # fmt: skip
# urllib.parse writes addresses and asks for none.
ALLOWED = {
    "cluster.py": {"distributed"},  # workers on other machines, where one names a scheduler
    "review/filters.py": {"urllib.parse"},
    "review/server.py": {"socket", "webbrowser"},  # the page, on the loopback device
}


def imported(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def test_no_module_imports_what_asks_for_the_network():
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        name = path.relative_to(PACKAGE).as_posix()
        asking = {m for m in imported(path) if m.split(".")[0] in NETWORK | {"distributed"}}
        found[name] = asking - ALLOWED.get(name, set())
    assert {name: asking for name, asking in found.items() if asking} == {}


def offline(*command):
    """Run a script of the tests in a namespace without a network."""
    script = ROOT / "scripts" / "run_offline.py"
    return subprocess.run(
        [sys.executable, script, *command], capture_output=True, text=True, timeout=600, cwd=ROOT
    )


INSIDE = """
import socket
import urllib.request
import pytest
import comment_classifier as cc
from comment_classifier.batch import classify_file
from comment_classifier.survey import single_question


def test_there_is_no_network():
    with pytest.raises(OSError):
        socket.create_connection(("192.0.2.1", 80), timeout=5)
    with pytest.raises(OSError):
        urllib.request.urlopen("http://example.org", timeout=5)


def test_loopback_is_up():
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(server.getsockname(), timeout=5).close()


def test_a_wave_is_classified(tmp_path):
    (tmp_path / "w.csv").write_text("回答\\n議事録の要約\\nなし\\n", encoding="utf-8")
    (result,) = classify_file(tmp_path / "w.csv", single_question("回答", "use_cases"), tmp_path / "out").questions
    assert result.counts.loc["summary", "count"] == 1 and (tmp_path / "out" / "report.html").exists()
"""


@needs("unshare")
def test_it_works_where_there_is_no_network(tmp_path):
    allowed = subprocess.run(
        [shutil.which("unshare"), "--map-root-user", "--net", "true"], capture_output=True
    )
    if allowed.returncode:
        pytest.skip("this system lets nobody make a network namespace")
    (tmp_path / "test_inside.py").write_text(INSIDE, encoding="utf-8")
    result = offline("-q", "-p", "no:cacheprovider", str(tmp_path / "test_inside.py"))
    assert result.returncode == 0 and "3 passed" in result.stdout, result.stdout + result.stderr
