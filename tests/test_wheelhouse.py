"""The folder to install from without a network: complete, checked, licensed, and it installs; known vulnerabilities."""

import hashlib
import importlib
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import warnings
import zipfile
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.tags import compatible_tags, cpython_tags
from packaging.utils import canonicalize_name, parse_wheel_filename

from conftest import ROOT

sys.path.append(str(ROOT / "scripts"))  # where the scripts find each other
wheelhouse = importlib.import_module("build_wheelhouse")
vulnerabilities = importlib.import_module("check_vulnerabilities")

THIS = f"{sys.version_info.major}.{sys.version_info.minor}"
WINDOWS = {
    "os_name": "nt",
    "sys_platform": "win32",
    "platform_system": "Windows",
    "platform_machine": "AMD64",
}
LINUX = {
    "os_name": "posix",
    "sys_platform": "linux",
    "platform_system": "Linux",
    "platform_machine": "x86_64",
}
WIN_TAGS = ["win_amd64"]
LINUX_TAGS = [f"manylinux_2_{n}_x86_64" for n in range(5, 29)] + ["manylinux2014_x86_64"]
TARGETS = [("3.12", WINDOWS, WIN_TAGS), ("3.13", WINDOWS, WIN_TAGS), (THIS, LINUX, LINUX_TAGS)]
# No setting of this machine: neither its index nor its own folders of wheels.
BARE = {k: v for k, v in os.environ.items() if not k.startswith("PIP_")} | {"PIP_CONFIG_FILE": os.devnull}


@pytest.fixture(scope="module")
def index(tmp_path_factory):
    """Pip reaches a package index; asked with the smallest package of the lock."""
    folder = tmp_path_factory.mktemp("index")
    fetch = ["download", "--quiet", "--no-deps", "--retries", "1", "--dest", folder, "mdurl"]
    if subprocess.run([*wheelhouse.pip_command(), *fetch], capture_output=True).returncode:
        pytest.skip("no package index is reachable: pip cannot download even the smallest locked package")


@pytest.fixture(scope="module")
def built(index):
    """The folder of one command, with what it printed; hundreds of megabytes, so pytest does not keep it."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "wheelhouse"
        command = [sys.executable, ROOT / "scripts" / "build_wheelhouse.py", "--out", folder]
        result = subprocess.run(command, capture_output=True, text=True, encoding="utf-8")
        assert result.returncode == 0, result.stderr
        assert [p.name for p in Path(scratch).iterdir()] == ["wheelhouse"]
        yield folder, result.stdout


@pytest.fixture(scope="module")
def folder(built):
    return built[0]


@pytest.fixture(scope="module")
def wheels(folder):
    return [wheelhouse.Wheel(path) for path in sorted((folder / "wheels").iterdir())]


@pytest.fixture(scope="module")
def bill(folder):
    return json.loads((folder / "sbom.cdx.json").read_text(encoding="utf-8"))


def locked_lines():
    text = (ROOT / "requirements" / "run.lock").read_text(encoding="utf-8").replace("\\\n", " ")
    for line in text.splitlines():
        requirement = Requirement(line.partition("--hash")[0])
        yield requirement, re.findall(r"sha256:(\w{64})", line)


def on(python, system):
    return {**system, "python_version": python, "python_full_version": f"{python}.4", "extra": ""}


def holds(requirement, python, system):
    return requirement.marker is None or requirement.marker.evaluate(on(python, system))


def fitting(folder, python, platforms):
    """The wheels that pip would take there, by name."""
    version, abi = tuple(map(int, python.split("."))), f"cp{python.replace('.', '')}"
    tags = {
        *cpython_tags(version, abis=[abi], platforms=platforms),
        *compatible_tags(version, abi, platforms),
    }
    found = {}
    for path in (folder / "wheels").iterdir():
        name, number, _, own = parse_wheel_filename(path.name)
        if own & tags:
            assert name not in found, f"two wheels of {name}"
            found[name] = (str(number), path)
    return found


@pytest.mark.parametrize(("python", "system", "platforms"), TARGETS)
def test_every_locked_requirement_has_its_wheel(folder, python, system, platforms):
    found = fitting(folder, python, platforms)
    wanted = {
        canonicalize_name(r.name): (r, hashes) for r, hashes in locked_lines() if holds(r, python, system)
    }
    assert found.keys() - {"comment-classifier"} == wanted.keys() and len(wanted) > 30
    for name, (requirement, hashes) in wanted.items():
        version, path = found[name]
        assert version in requirement.specifier
        if name == "unidic-lite":  # built here, from the source with the locked hash
            assert path.name.endswith("-py3-none-any.whl")
        else:
            assert hashlib.sha256(path.read_bytes()).hexdigest() in hashes


@pytest.mark.parametrize(("python", "system", "platforms"), TARGETS)
def test_nothing_that_a_wheel_asks_for_is_missing(folder, python, system, platforms):
    """Also what is asked for on Windows only, like tzdata by pandas."""
    found = fitting(folder, python, platforms)
    for _, path in found.values():
        for stated in wheelhouse.Wheel(path).requires:
            requirement = Requirement(stated)
            if holds(requirement, python, system):
                version, _ = found[canonicalize_name(requirement.name)]
                assert version in requirement.specifier, f"{path.name} asks for {stated}"


def test_the_own_wheel_carries_the_models(wheels):
    (own,) = (w for w in wheels if w.name == "comment-classifier")
    models = {f"comment_classifier/models/{p.name}" for p in (ROOT / "models").glob("*.npz")}
    assert models and models <= set(zipfile.ZipFile(own.path).namelist())


def test_the_same_files_give_the_same_wheel(index, tmp_path):
    """Of another day and in another folder."""
    first, second = tmp_path / "first", tmp_path / "second"
    for name in ("src", "models"):
        shutil.copytree(ROOT / name, first / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, first)
    shutil.copytree(first, second)
    for path in second.rglob("*"):
        os.utime(path, (1, 1))
    built = []
    for source in (first, second):
        (source / "wheels").mkdir()
        built.append(wheelhouse.build_wheel(source / "wheels", str(source)).sha256)
    assert built[0] == built[1]


def test_sums_name_every_file(built):
    folder, printed = built
    sums = folder / "SHA256SUMS"
    stated = {
        name: digest
        for digest, name in (line.split("  ", 1) for line in sums.read_text(encoding="utf-8").splitlines())
    }
    actual = {
        p.relative_to(folder).as_posix(): hashlib.sha256(p.read_bytes()).hexdigest()
        for p in folder.rglob("*")
        if p.is_file() and p != sums
    }
    assert stated == actual
    assert hashlib.sha256(sums.read_bytes()).hexdigest() in printed
    result = subprocess.run([sys.executable, folder / "verify.py"], capture_output=True)
    assert result.returncode == 0, result.stdout


def test_verify_names_what_is_wrong(tmp_path):
    for name in ("same.txt", "changed.txt", "lost.txt", "導入手順.txt"):
        (tmp_path / name).write_text(name, encoding="utf-8")
    (tmp_path / "verify.py").write_text(wheelhouse.VERIFY, encoding="utf-8")
    wheelhouse.write_sums(tmp_path)
    (tmp_path / "changed.txt").write_text("!", encoding="utf-8")
    (tmp_path / "lost.txt").unlink()
    (tmp_path / "wheels").mkdir()
    (tmp_path / "wheels" / "more.whl").touch()
    environment = {**os.environ, "PYTHONIOENCODING": "utf-8"}
    command = [sys.executable, tmp_path / "verify.py"]
    result = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", env=environment)
    assert result.returncode == 1
    assert result.stdout.splitlines() == [
        "足りません: lost.txt",
        "中身が違います: changed.txt",
        "余分です: wheels/more.whl",
    ]


def test_the_bill_lists_exactly_the_locked_packages(bill, wheels):
    listed = [(c["name"], c["version"]) for c in bill["components"]]
    wanted = {
        (canonicalize_name(r.name), str(r.specifier).removeprefix("=="))
        for r, _ in locked_lines()
        if any(holds(r, python, system) for python, system, _ in TARGETS)
    }
    assert sorted(listed) == sorted(wanted)
    assert bill["metadata"]["component"]["name"] == "comment-classifier"
    for component in [bill["metadata"]["component"], *bill["components"]]:
        assert component["purl"] == f"pkg:pypi/{component['name']}@{component['version']}"
        assert component["licenses"]
    files = {
        d["url"]: d["hashes"][0]["content"]
        for c in [bill["metadata"]["component"], *bill["components"]]
        for d in c["externalReferences"]
    }
    assert files == {f"wheels/{w.path.name}": w.sha256 for w in wheels}


def test_the_bill_has_the_shape_of_cyclonedx(bill):
    """What the schema asks for of the parts in use; the schema itself is no dependency."""
    assert (bill["bomFormat"], bill["specVersion"], bill["version"]) == ("CycloneDX", "1.6", 1)
    assert "serialNumber" not in bill and "timestamp" not in bill["metadata"]
    components = [bill["metadata"]["component"], *bill["components"]]
    references = [c["bom-ref"] for c in components]
    assert len(set(references)) == len(references)
    assert sorted(d["ref"] for d in bill["dependencies"]) == sorted(references)
    for entry in bill["dependencies"]:
        assert set(entry["dependsOn"]) <= set(references)
    for component in components:
        assert component["type"] in {"application", "library"}
        for choice in component["licenses"]:
            assert choice.keys() == {"expression"} or choice["license"].keys() == {"name"}
        for given in [
            *component.get("hashes", []),
            *(d["hashes"][0] for d in component["externalReferences"]),
        ]:
            assert given["alg"] == "SHA-256" and re.fullmatch(r"[0-9a-f]{64}", given["content"])
    depends = {d["ref"].partition("@")[0]: d["dependsOn"] for d in bill["dependencies"]}
    assert any(p.startswith("pkg:pypi/tzdata@") for p in depends["pkg:pypi/pandas"])


def test_the_bill_is_the_same_again(folder, wheels):
    own = next(w for w in wheels if w.name == "comment-classifier")
    ordered = [own, *(w for w in wheels if w is not own)]
    targets = wheelhouse.targets_of("both", [])
    assert wheelhouse.bill_of_materials(ordered, targets) == (folder / "sbom.cdx.json").read_bytes()


def test_every_package_has_a_licence_and_its_text(folder, wheels):
    table = (folder / "LICENSES.md").read_text(encoding="utf-8")
    for wheel in wheels:
        row = re.search(
            rf"^\| {wheel.name} \| {re.escape(wheel.version)} \| ([^|]+) \| (.+) \|$", table, re.M
        )
        assert row and row[1].strip(), wheel.name
        links = re.findall(r"\]\(([^)]+)\)", row[2])
        assert links and all((folder / link).stat().st_size for link in links)
        assert any((folder / "licenses" / wheel.licence_folder).iterdir()), wheel.path.name
    (dictionary,) = (folder / "licenses").glob("unidic-lite-*")
    assert "UniDic Consortium" in (dictionary / "LICENSE.unidic").read_text(encoding="utf-8")


def test_instructions_are_for_windows_in_japanese(folder):
    text = (folder / "導入手順.txt").read_bytes()
    assert text.startswith(b"\xef\xbb\xbf") and text.count(b"\r\n") == text.count(b"\n") > 30
    words = text.decode("utf-8-sig")
    for said in ("py -3.13 -m venv", "verify.py", "--no-index --find-links wheels", "rmdir", "{"):
        assert (said in words) == (said != "{")


def test_no_server_is_named(folder):
    """A town's own package index is nobody's business."""
    for name in ("requirements.txt", "sbom.cdx.json", "SHA256SUMS", "LICENSES.md", "導入手順.txt"):
        hosts = set(re.findall(r"//([\w.:-]+)", (folder / name).read_text(encoding="utf-8-sig")))
        assert hosts <= {"cyclonedx.org", "www.python.org"}, name


def no_network():
    """The prefix of a command that sees no network interface."""
    cut = ["unshare", "--map-root-user", "--net"]
    if shutil.which("unshare") and subprocess.run([*cut, "true"], capture_output=True).returncode == 0:
        return cut
    warnings.warn("unshare makes no network namespace here: tested with pip --no-index alone", stacklevel=2)
    return []


def fresh_environment(folder):
    """A virtual environment and the command of a pip for it; Debian's Python cannot put one into it."""
    pip = [] if importlib.util.find_spec("ensurepip") else ["--without-pip"]
    subprocess.run([sys.executable, "-m", "venv", *pip, folder], check=True)
    python = folder / "bin" / "python"
    if not pip:
        return python, [python, "-m", "pip"]
    return python, [*wheelhouse.pip_command()[:3], "--python", python]


def test_it_installs_and_runs_with_the_network_cut(folder, bill, tmp_path):
    cut = no_network()
    if cut:
        interfaces = subprocess.run([*cut, "cat", "/proc/net/dev"], capture_output=True, text=True).stdout
        assert re.findall(r"^\s*(\w+):", interfaces, re.M) in ([], ["lo"])
    python, pip = fresh_environment(tmp_path / "env")
    install = [
        "install",
        "--no-index",
        "--find-links",
        "wheels",
        "--require-hashes",
        "-r",
        "requirements.txt",
    ]
    install += ["--no-compile"]  # Python compiles what it runs, and most is not run here
    done = subprocess.run([*cut, *pip, *install], cwd=folder, env=BARE, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    program = python.parent / "comment-classifier"
    (tmp_path / "wave.csv").write_text("回答\n議事録の要約\n英文メールの翻訳\n特になし\n", encoding="utf-8")
    version = subprocess.run([*cut, program, "--version"], env=BARE, capture_output=True, text=True)
    assert version.stdout.strip() == f"comment-classifier {bill['metadata']['component']['version']}", (
        version.stderr
    )
    asked = ["--question", "use_cases", "--column", "回答", "--out", "out"]
    classified = subprocess.run(
        [*cut, program, "classify", "wave.csv", *asked],
        cwd=tmp_path,
        env=BARE,
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    assert classified.returncode == 0, classified.stderr
    rows = (tmp_path / "out" / "comments.csv").read_text(encoding="utf-8-sig").splitlines()
    assert len(rows) == 4 and "summary" in rows[1] and "translation" in rows[2] and "none" in rows[3]
    shutil.rmtree(tmp_path / "env")  # pytest would keep its 700 MB


def test_a_file_that_differs_from_the_lock_is_refused(index, tmp_path):
    (item,) = (i for i in wheelhouse.read_lock(wheelhouse.LOCK) if i.name == "mdurl")
    (target,) = wheelhouse.targets_of("windows", ["3.13"])
    (tmp_path / "wheels").mkdir()
    with pytest.raises(SystemExit, match="pip download failed"):
        other = wheelhouse.Locked(item.requirement, ("0" * 64,))
        wheelhouse.download(tmp_path / "wheels", [other], target)
    assert not list((tmp_path / "wheels").iterdir())


def test_a_folder_in_use_is_left_alone(tmp_path):
    (tmp_path / "mine.txt").touch()
    command = [sys.executable, ROOT / "scripts" / "build_wheelhouse.py", "--out", tmp_path]
    result = subprocess.run(command, capture_output=True, text=True)
    assert result.returncode == 2 and "is not empty" in result.stderr
    assert [p.name for p in tmp_path.iterdir()] == ["mine.txt"]


@pytest.mark.parametrize("python", ["3.10", "3", "latest"])
def test_a_python_that_the_package_does_not_support_is_refused(tmp_path, python):
    command = [sys.executable, ROOT / "scripts" / "build_wheelhouse.py", "--out", tmp_path / "w"]
    result = subprocess.run([*command, "--python", python], capture_output=True, text=True)
    assert result.returncode == 2 and ">=3.11" in result.stderr


def test_markers_are_those_of_the_target(tmp_path):
    lock = tmp_path / "run.lock"
    hashes = f" \\\n    --hash=sha256:{'a' * 64} \\\n    --hash=sha256:{'b' * 64}\n"
    lock.write_text(
        f"colorama==0.4.6 ; sys_platform == 'win32'{hashes}"
        f"numpy==2.4.6 ; python_full_version < '3.12'{hashes}"
        f"Et_XMLfile==2.0.0{hashes}"
    )
    locked = wheelhouse.read_lock(lock)
    assert locked[2].name == "et-xmlfile" and locked[2].hashes == ("a" * 64, "b" * 64)
    assert "win32" not in locked[0].line
    by_target = {
        (target.platform, target.python): [i.name for i in locked if target.wants(i.requirement)]
        for target in wheelhouse.targets_of("both", ["3.11", "3.13"])
    }
    assert by_target == {
        ("linux", "3.11"): ["numpy", "et-xmlfile"],
        ("linux", "3.13"): ["et-xmlfile"],
        ("windows", "3.11"): ["colorama", "numpy", "et-xmlfile"],
        ("windows", "3.13"): ["colorama", "et-xmlfile"],
    }


def test_an_index_is_not_named_when_pip_fails(tmp_path, monkeypatch):
    fake = tmp_path / "pip.py"
    fake.write_text(
        "import sys\n"
        "sys.exit(\"HTTPSConnectionPool(host='mirror.town.example', port=443) https://me:pw@mirror.town.example/simple\")"
    )
    monkeypatch.setattr(wheelhouse, "pip_command", lambda: [sys.executable, str(fake)])
    with pytest.raises(SystemExit) as caught:
        wheelhouse.build_wheel(tmp_path, "x")
    assert (
        "town" not in str(caught.value) and "pw" not in str(caught.value) and "/simple" in str(caught.value)
    )


def advisory(events=(), versions=(), package="numpy", **more):
    ranges = [{"type": "ECOSYSTEM", "events": list(events)}] if events else []
    affected = {
        "package": {"ecosystem": "PyPI", "name": package},
        "ranges": ranges,
        "versions": list(versions),
    }
    return {"id": "X-1", "modified": "2026-01-02T00:00:00Z", "affected": [affected], **more}


@pytest.mark.parametrize(
    ("events", "versions", "hit"),
    [
        ([{"introduced": "0"}], [], True),
        ([{"introduced": "0"}, {"fixed": "2.4.6"}], [], False),
        ([{"introduced": "0"}, {"fixed": "2.4.6.post1"}], [], True),
        ([{"introduced": "2.4.6"}], [], True),
        ([{"introduced": "2.4.7"}], [], False),
        ([{"introduced": "2.4.6rc1"}, {"fixed": "2.10"}], [], True),  # 2.10 is after 2.4
        ([{"introduced": "0"}, {"last_affected": "2.4.6"}], [], True),
        ([{"introduced": "0"}, {"last_affected": "2.4.5"}], [], False),
        ([{"introduced": "2.4.6"}, {"last_affected": "2.4.6"}], [], True),
        ([{"fixed": "1.5"}, {"introduced": "2"}, {"introduced": "0"}, {"fixed": "3"}], [], True),  # unordered
        ([{"introduced": "0"}, {"fixed": "1.5"}, {"introduced": "2.5"}, {"fixed": "3"}], [], False),
        ([{"introduced": "0"}, {"limit": "2"}], [], False),
        ([{"introduced": "0"}, {"limit": "*"}], [], True),
        ([{"introduced": "0"}, {"fixed": "2004d-not-pep440"}], [], True),  # unreadable: somebody should look
        ([], ["2.4.5", "2.4.6"], True),
        ([], ["2.4.6.0"], True),
        ([], ["2.4.60", "2004d-not-pep440"], False),
        ([{"introduced": "0"}, {"fixed": "1"}], ["2.4.6"], True),
    ],
)
def test_versions_are_compared_by_osv_rules(events, versions, hit):
    (affected,) = advisory(events, versions)["affected"]
    assert vulnerabilities.affects(affected, "2.4.6") is hit


def test_commits_are_no_versions():
    (affected,) = advisory()["affected"]
    affected["ranges"] = [{"type": "GIT", "events": [{"introduced": "0"}]}]
    assert not vulnerabilities.affects(affected, "2.4.6")


@pytest.fixture
def check(tmp_path):
    """Run the check on composed advisories, given as a folder or packed."""
    lock = tmp_path / "run.lock"
    lock.write_text(
        f"Jinja2==3.1.6 \\\n    --hash=sha256:{'a' * 64}\nnumpy==2.4.6 \\\n    --hash=sha256:{'b' * 64}\n"
    )

    def run(*advisories, packed=False):
        database = tmp_path / "osv"
        database.mkdir()
        for number, content in enumerate(advisories):
            text = content if isinstance(content, str) else json.dumps(content)
            (database / f"{number}.json").write_text(text, encoding="utf-8")
        if packed:
            database = shutil.make_archive(str(tmp_path / "all"), "zip", database)
        command = [sys.executable, ROOT / "scripts" / "check_vulnerabilities.py", "--lock", lock]
        return subprocess.run(
            [*command, "--database", database], capture_output=True, text=True, encoding="utf-8"
        )

    return run


@pytest.mark.parametrize("packed", [False, True])
def test_a_known_vulnerability_is_reported(check, packed):
    hit = advisory(
        [{"introduced": "0"}, {"fixed": "3.1.7"}], package="jinja2", aliases=["CVE-2026-1"], summary="Escapes"
    )
    result = check(advisory([{"introduced": "9"}]), hit, packed=packed)
    assert result.returncode == 1
    assert result.stdout.splitlines() == [
        "jinja2 3.1.6: X-1 = CVE-2026-1: Escapes (fixed in: 3.1.7)",
        "2 locked versions, 2 advisories, the newest of 2026-01-02: 1 known vulnerabilities",
    ]


def test_withdrawn_and_foreign_advisories_do_not_count(check):
    everything = [{"introduced": "0"}]
    foreign = advisory(everything)
    foreign["affected"][0]["package"]["ecosystem"] = "npm"
    withdrawn = advisory(everything, withdrawn="2026-01-03T00:00:00Z")
    result = check(foreign, withdrawn, advisory(everything, package="django"))
    assert result.returncode == 0 and "1 advisories" in result.stdout


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ((), "no advisory for PyPI"),
        (("{",), "0.json is not an advisory"),
        (("[1]",), "0.json is not an advisory"),
    ],
)
def test_a_database_that_says_nothing_is_no_all_clear(check, content, said):
    result = check(*content)
    assert result.returncode == 2 and said in result.stderr


def test_without_a_database_it_says_where_to_get_one(tmp_path):
    script = [sys.executable, ROOT / "scripts" / "check_vulnerabilities.py"]
    result = subprocess.run(script, capture_output=True, text=True)
    assert result.returncode == 2 and "all.zip" in result.stderr
    (tmp_path / "bad.zip").write_text("no zip")
    for wrong in ("missing.zip", "bad.zip"):
        result = subprocess.run([*script, "--database", tmp_path / wrong], capture_output=True, text=True)
        assert result.returncode == 2 and wrong in result.stderr and "Traceback" not in result.stderr
