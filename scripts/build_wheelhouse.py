"""Build a folder from which the package installs without a network, on Windows and on Linux.

    python3 scripts/build_wheelhouse.py                  # Linux for this Python, Windows for 3.12 and 3.13
    python3 scripts/build_wheelhouse.py --platform windows --python 3.13 --out usb/

The folder holds the package's own wheel, the wheels of the lock, requirements.txt for pip, SHA256SUMS with
verify.py, a bill of materials (CycloneDX), the licences, and how to install, in Japanese.
"""

import argparse
import email.parser
import email.policy
import hashlib
import importlib.util
import json
import os
import re
import subprocess
import sys
import tempfile
import tomllib
import zipfile
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import EmailMessage
from functools import cached_property
from pathlib import Path

from environment import ROOT, python_of

try:
    from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression
    from packaging.requirements import Requirement
    from packaging.specifiers import SpecifierSet
    from packaging.tags import Tag, compatible_tags, cpython_tags
    from packaging.utils import canonicalize_name, parse_wheel_filename
except ImportError:  # a bare Python started this; the project's environment has what is needed
    sys.exit(subprocess.run([str(python_of("run")), *sys.argv]).returncode)

LOCK = ROOT / "requirements" / "run.lock"
THIS_PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"
WINDOWS_PYTHONS = ("3.12", "3.13")
# PyPI has only its source; it is data, so the wheel built here serves every platform.
SOURCE_ONLY = frozenset({"unidic-lite"})
# The time inside wheels built here: not the commit's, so that the same files give the same bytes.
SOURCE_DATE_EPOCH = "1577836800"
# glibc 2.28 is that of RHEL 8 and Debian 10; a wheel for an older one runs there, too.
_MANYLINUX = [f"manylinux_2_{minor}_x86_64" for minor in range(28, 4, -1)]
PLATFORM_TAGS = {
    "windows": ["win_amd64"],
    "linux": [
        *_MANYLINUX,
        "manylinux2014_x86_64",
        "manylinux2010_x86_64",
        "manylinux1_x86_64",
        "linux_x86_64",
    ],
}
PLATFORM_MARKERS = {
    "windows": {
        "os_name": "nt",
        "sys_platform": "win32",
        "platform_system": "Windows",
        "platform_machine": "AMD64",
    },
    "linux": {
        "os_name": "posix",
        "sys_platform": "linux",
        "platform_system": "Linux",
        "platform_machine": "x86_64",
    },
}
# The last are those of the dictionary, whose COPYING names them.
LICENCE_FILE = re.compile(r"(?i)(licen[cs]e|copying|notice|copyright|authors)[^/]*$|/(L?GPL|BSD)$")


@dataclass(frozen=True)
class Locked:
    """A requirement of the lock with the hashes that its files may have."""

    requirement: Requirement
    hashes: tuple[str, ...]

    @property
    def name(self) -> str:
        """The name as indexes compare it."""
        return canonicalize_name(self.requirement.name)

    @property
    def version(self) -> str:
        """The one version that the lock allows."""
        return str(self.requirement.specifier).removeprefix("==")

    @property
    def line(self) -> str:
        """The requirement for pip, without its marker: pip would ask this machine, not the target."""
        return " ".join([f"{self.name}=={self.version}", *(f"--hash=sha256:{h}" for h in self.hashes)])


@dataclass(frozen=True)
class Target:
    """A platform and a Python version to install on."""

    platform: str
    python: str

    def wants(self, requirement: Requirement) -> bool:
        """Return whether the requirement's marker holds there."""
        environment = {
            **PLATFORM_MARKERS[self.platform],
            "python_version": self.python,
            "python_full_version": f"{self.python}.0",
            "implementation_name": "cpython",
            "implementation_version": f"{self.python}.0",
            "platform_python_implementation": "CPython",
            "platform_release": "",
            "platform_version": "",
            "extra": "",
        }
        return requirement.marker is None or requirement.marker.evaluate(environment)

    @property
    def abi(self) -> str:
        """The tag of CPython, like cp313."""
        return f"cp{self.python.replace('.', '')}"

    @cached_property
    def tags(self) -> frozenset[Tag]:
        """The tags of all wheels that install there."""
        major, minor = map(int, self.python.split("."))
        platforms = PLATFORM_TAGS[self.platform]
        own = cpython_tags((major, minor), abis=[self.abi], platforms=platforms)
        return frozenset([*own, *compatible_tags((major, minor), interpreter=self.abi, platforms=platforms)])

    @property
    def pip_options(self) -> list[str]:
        """What makes pip fetch for there."""
        options = ["--only-binary", ":all:", "--implementation", "cp", "--abi", self.abi]
        options += ["--python-version", self.python]
        return options + [word for tag in PLATFORM_TAGS[self.platform] for word in ("--platform", tag)]


@dataclass(frozen=True)
class Wheel:
    """A wheel in the folder, read from its file."""

    path: Path

    @cached_property
    def name(self) -> str:
        """The name as indexes compare it."""
        return parse_wheel_filename(self.path.name)[0]

    @cached_property
    def version(self) -> str:
        """The version."""
        return str(parse_wheel_filename(self.path.name)[1])

    @cached_property
    def tags(self) -> frozenset[Tag]:
        """The tags it is for."""
        return parse_wheel_filename(self.path.name)[3]

    @cached_property
    def sha256(self) -> str:
        """The hash of the file."""
        return _sha256(self.path)

    @cached_property
    def metadata(self) -> EmailMessage:
        """What the package says of itself."""
        with zipfile.ZipFile(self.path) as archive:
            name = next(n for n in archive.namelist() if re.fullmatch(r"[^/]+\.dist-info/METADATA", n))
            # compat32 would turn a header with Japanese into an object that is no str
            parser = email.parser.BytesParser(policy=email.policy.default)
            message: EmailMessage = parser.parsebytes(archive.read(name), headersonly=True)
            return message

    @property
    def requires(self) -> list[str]:
        """The requirements that it states."""
        return self.metadata.get_all("Requires-Dist", [])

    @property
    def purl(self) -> str:
        """The package URL; it names no server."""
        return f"pkg:pypi/{self.name}@{self.version}"

    @property
    def licence(self) -> str:
        """The licence's name: the declared expression, the short field, or the classifiers."""
        declared = self.metadata["License-Expression"] or self.metadata["License"] or ""
        if declared and len(declared) <= 60 and "\n" not in declared:
            return str(declared).strip()
        classifiers = [c for c in self.metadata.get_all("Classifier", []) if c.startswith("License ::")]
        return ", ".join(c.rpartition(":: ")[2] for c in classifiers)

    @cached_property
    def licence_texts(self) -> dict[str, bytes]:
        """The texts by their path below the folder of the licences; those of bundled code included."""
        with zipfile.ZipFile(self.path) as archive:
            found = [n for n in archive.namelist() if _is_licence(n)]
            return {re.sub(r"^[^/]+\.dist-info/(licenses/)?", "", n): archive.read(n) for n in sorted(found)}

    @property
    def licence_folder(self) -> str:
        """Where the texts go: wheels of one package bundle different code on Windows and on Linux."""
        platform = next(iter(self.tags)).platform
        system = "" if platform == "any" else "-windows" if platform.startswith("win") else "-linux"
        return f"{self.name}-{self.version}{system}"


def read_lock(path: Path) -> list[Locked]:
    """Read a lock as ``uv pip compile --generate-hashes`` writes it."""
    locked = []
    for line in path.read_text(encoding="utf-8").replace("\\\n", " ").splitlines():
        requirement, *hashes = re.split(r"\s+--hash=sha256:", line.partition("#")[0].strip())
        if requirement:
            locked.append(Locked(Requirement(requirement), tuple(h.strip() for h in hashes)))
    return locked


def targets_of(platform: str, pythons: Iterable[str]) -> list[Target]:
    """Return what to build for: the given versions of Python, or the usual ones of each platform."""
    usual = {"linux": [THIS_PYTHON], "windows": WINDOWS_PYTHONS}
    systems = ["linux", "windows"] if platform == "both" else [platform]
    return [Target(system, python) for system in systems for python in (list(pythons) or usual[system])]


def build(folder: Path, targets: list[Target]) -> list[Wheel]:
    """Fill an empty folder and return its wheels, the package's own first."""
    wheels = folder / "wheels"
    wheels.mkdir()
    locked = [item for item in read_lock(LOCK) if any(target.wants(item.requirement) for target in targets)]
    own = build_wheel(wheels, str(ROOT))
    for item in (item for item in locked if item.name in SOURCE_ONLY):
        with _requirements([item]) as file:
            build_wheel(wheels, "--require-hashes", "--no-binary", item.name, "-r", file)
    for target in targets:
        download(wheels, [item for item in locked if target.wants(item.requirement)], target)
    found = [own, *(w for w in map(Wheel, sorted(wheels.iterdir())) if w.path != own.path)]
    write_requirements(folder, found, locked)
    write_licences(folder, found)
    (folder / "sbom.cdx.json").write_bytes(bill_of_materials(found, targets))
    (folder / "verify.py").write_text(VERIFY, encoding="utf-8", newline="\n")
    # Notepad on an old Windows wants the mark and its line ends.
    (folder / "導入手順.txt").write_text(instructions(own, targets), encoding="utf-8-sig", newline="\r\n")
    write_sums(folder)
    return found


def build_wheel(folder: Path, *what: str) -> Wheel:
    """Build one wheel from source into the folder; it must serve every platform."""
    before = set(folder.iterdir())
    # A cached wheel may carry other times inside; the hash of a source is checked before it is built.
    _pip("wheel", "--no-deps", "--no-cache-dir", "--wheel-dir", str(folder), *what)
    (built,) = set(folder.iterdir()) - before
    if any(tag.platform != "any" for tag in Wheel(built).tags):
        sys.exit(f"error: {built.name} was built for this machine only")
    return Wheel(built)


def download(folder: Path, wanted: list[Locked], target: Target) -> None:
    """Fetch the wheels for a target that are not in the folder yet, and check their hashes."""
    present = {(w.name, w.version) for w in map(Wheel, folder.iterdir()) if w.tags & target.tags}
    missing = [item for item in wanted if (item.name, item.version) not in present]
    if missing:
        with _requirements(missing) as file:
            options = ["--no-deps", "--require-hashes", *target.pip_options]
            _pip("download", *options, "--dest", str(folder), "-r", file)


def pip_command() -> list[str]:
    """Return this Python's pip; an environment of Debian's Python has none, and the base Python's serves."""
    if importlib.util.find_spec("pip"):
        return [sys.executable, "-m", "pip"]
    base = Path(sys.base_prefix) / ("python.exe" if sys.platform == "win32" else "bin/python3")
    return [str(base), "-m", "pip", "--python", sys.executable]


def _pip(*arguments: str) -> None:
    """Run pip, silent unless it fails."""
    environment = {**os.environ, "SOURCE_DATE_EPOCH": SOURCE_DATE_EPOCH, "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    command, *rest = arguments
    result = subprocess.run(
        [*pip_command(), command, "--quiet", *rest], env=environment, capture_output=True, text=True
    )
    if result.returncode:
        # A town's own index is nobody's business, and what is printed here ends up in mails.
        said = re.sub(r"(//|host=')[^/\s']+", r"\1...", result.stderr[-3000:])
        sys.exit(f"{said}error: pip {command} failed. Is the package index reached from this machine?")


@contextmanager
def _requirements(locked: Iterable[Locked]) -> Iterator[str]:
    """Give pip a requirements file while it works."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "requirements.txt"
        file.write_text("\n".join(item.line for item in locked), encoding="utf-8")
        yield str(file)


def write_requirements(folder: Path, wheels: list[Wheel], locked: list[Locked]) -> None:
    """Write what pip is to install, with the hashes of the files in the folder: pip checks them all."""
    markers = {(item.name, item.version): item.requirement.marker for item in locked}
    hashes = defaultdict(list)
    for wheel in wheels:
        hashes[wheel.name, wheel.version].append(f"    --hash=sha256:{wheel.sha256}")
    lines = []
    for (name, version), files in hashes.items():
        marker = markers.get((name, version))
        lines.append(" \\\n".join([f"{name}=={version}{f' ; {marker}' if marker else ''}", *files]))
    (folder / "requirements.txt").write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")


def write_licences(folder: Path, wheels: list[Wheel]) -> None:
    """Write every licence text, and a table of them; a package without one is refused."""
    texts: dict[Wheel, set[str]] = defaultdict(set)
    first = {(wheel.name, wheel.version): wheel for wheel in reversed(wheels)}
    for wheel in wheels:
        for name, text in wheel.licence_texts.items():
            path = folder / "licenses" / wheel.licence_folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text)
            texts[first[wheel.name, wheel.version]].add(path.relative_to(folder).as_posix())
    lines = ["# Licences", "", "| package | version | licence | texts |", "|---|---|---|---|"]
    for wheel in first.values():
        if not (wheel.licence and texts[wheel]):
            sys.exit(f"error: {wheel.path.name} carries no licence text, or names no licence")
        links = ", ".join(f"[{path.partition('/')[2]}]({path})" for path in sorted(texts[wheel]))
        lines.append(f"| {wheel.name} | {wheel.version} | {wheel.licence} | {links} |")
    lines[4:] = sorted(lines[4:])
    (folder / "LICENSES.md").write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")


def bill_of_materials(wheels: list[Wheel], targets: list[Target]) -> bytes:
    """Return the CycloneDX JSON of the wheels, of which the first is the package's own.

    It has neither time nor serial number: the same wheels give the same bytes.
    """
    packages: dict[str, list[Wheel]] = defaultdict(list)
    for wheel in wheels:
        packages[wheel.purl].append(wheel)
    own, *others = [_component(files) for files in packages.values()]
    bill = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": own | {"type": "application"}},
        "components": sorted(others, key=lambda component: str(component["purl"])),
        "dependencies": [
            {"ref": purl, "dependsOn": _needed(files, wheels, targets)}
            for purl, files in sorted(packages.items())
        ],
    }
    return (json.dumps(bill, indent=1, ensure_ascii=False) + "\n").encode()


def _component(files: list[Wheel]) -> dict[str, object]:
    """Return one package's entry; each file has its hash, and the package that of its only file."""
    wheel = files[0]
    distributions = [
        {"type": "distribution", "url": f"wheels/{file.path.name}", "hashes": [_hash(file)]} for file in files
    ]
    entry = {"type": "library", "bom-ref": wheel.purl, "name": wheel.name, "version": wheel.version}
    licences = {"licenses": [_licence_choice(wheel.licence)], "purl": wheel.purl}
    single = {"hashes": [_hash(wheel)]} if len(files) == 1 else {}
    return {**entry, **single, **licences, "externalReferences": distributions}


def _hash(wheel: Wheel) -> dict[str, str]:
    return {"alg": "SHA-256", "content": wheel.sha256}


def _licence_choice(licence: str) -> dict[str, object]:
    """Return an SPDX expression where it is one, and else the name that the package gives."""
    try:
        return {"expression": canonicalize_license_expression(licence)}
    except InvalidLicenseExpression:
        return {"license": {"name": licence}}


def _needed(files: list[Wheel], wheels: list[Wheel], targets: list[Target]) -> list[str]:
    """Return the packages that one asks for on any target."""
    needed = set()
    for target in targets:
        there = [wheel for wheel in wheels if wheel.tags & target.tags]
        stated = [Requirement(line) for w in files if w in there for line in w.requires]
        names = {canonicalize_name(r.name) for r in stated if target.wants(r)}
        needed |= {wheel.purl for wheel in there if wheel.name in names}
    return sorted(needed)


def write_sums(folder: Path) -> None:
    """Write the hash of every file, as ``sha256sum -c`` reads it."""
    files = sorted(p for p in folder.rglob("*") if p.is_file())
    lines = [f"{_sha256(file)}  {file.relative_to(folder).as_posix()}\n" for file in files]
    (folder / "SHA256SUMS").write_text("".join(lines), encoding="utf-8", newline="\n")


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _is_licence(name: str) -> bool:
    """Return whether a file in a wheel is a licence text; Python files about licences are none."""
    return not name.endswith(("/", ".py", ".json")) and bool(
        LICENCE_FILE.search(name) or ".dist-info/licenses/" in name
    )


def instructions(own: Wheel, targets: list[Target]) -> str:
    """Return how to install from the folder, in Japanese."""
    parts = [TITLE.format(version=own.version)]
    for platform, text in (("windows", WINDOWS), ("linux", LINUX)):
        pythons = [target.python for target in targets if target.platform == platform]
        if pythons:
            names = {"pythons": " または ".join(pythons), "python": pythons[-1]}
            parts.append(text.format(home=HOMES[platform], install=INSTALL, **names))
    return "\n".join([*parts, CONTENTS])


INSTALL = "-m pip install --no-index --find-links wheels --require-hashes -r requirements.txt"
# The short path matters on Windows, where 260 characters are the limit for some.
HOMES = {"windows": r"%LOCALAPPDATA%\comment_classifier", "linux": "~/comment_classifier"}

TITLE = """\
comment_classifier {version} 導入手順(ネットワークにつながらないパソコン)

このフォルダーには、動かすのに要る部品がすべて入っています。導入中も使用中も、外部には一切つながりません。
"""

WINDOWS = r"""
■ Windows(64 ビット)

使う Python は {pythons} の 64 ビット版です。ほかの版の Python には入りません。

1. Python を入れる(入っていなければ)
   ネットワークにつながるパソコンで、www.python.org から Python {python} の
   「Windows installer (64-bit)」を取得し、USB メモリーで運んで実行します。管理者の権限がなければ、
   「Use admin privileges when installing py.exe」の印を外して「Install Now」を押します。

2. このフォルダーを写す
   このフォルダーを丸ごと、パソコンの中(デスクトップなど)に写します。写したフォルダーを開き、上のアドレス欄に
   cmd と打って Enter を押すと、黒い画面が開きます。以下の行は、この画面に 1 行ずつ貼り付けて実行します。

3. 壊れたり替わったりしていないか確かめる

   certutil -hashfile SHA256SUMS SHA256

   出てきた 64 文字が、作った人から別に受け取った値と同じなら、次を実行します。

   py -{python} verify.py

   「すべて一致しました」と出れば進みます。違うファイルの名が出たら、入れずに写し直してください。

4. 入れる(数分かかります)

   py -{python} -m venv "{home}"
   "{home}\Scripts\python" {install}

5. 動くか確かめる

   "{home}\Scripts\comment-classifier" --version

   実行ファイルが禁じられているパソコンでは、次の形でも使えます。

   "{home}\Scripts\python" -m comment_classifier --version

6. 取り除く
   次の 1 行で、すべて消えます。学習させたモデルは、「--models フォルダー」で別の場所に置いていなければ、
   いっしょに消えます。新しい版に替えるときは、取り除いてから 3 以下を行います。

   rmdir /s /q "{home}"
"""

LINUX = """
■ Linux(x86_64、glibc 2.28 以上)

使う Python は {pythons} です。このフォルダーで、次のとおり実行します。

   sha256sum -c SHA256SUMS
   python{python} -m venv {home}
   {home}/bin/python {install}
   {home}/bin/comment-classifier --version

取り除くには、{home} を消します。学習させたモデルは、「--models フォルダー」で別の場所に置いて
いなければ、いっしょに消えます。
"""

CONTENTS = """
■ 入っているもの

wheels            部品(Python のパッケージ)
requirements.txt  部品の版とハッシュ値。pip はこれと違うファイルを入れません
SHA256SUMS        すべてのファイルのハッシュ値
verify.py         SHA256SUMS と照らし合わせるプログラム
sbom.cdx.json     部品表(SBOM、CycloneDX 形式)
LICENSES.md       ライセンスの一覧。本文は licenses にあります
"""

VERIFY = '''\
"""Compare this folder with its SHA256SUMS; it needs only Python."""

import hashlib
import pathlib
import sys

here = pathlib.Path(__file__).resolve().parent
lines = (here / "SHA256SUMS").read_text(encoding="utf-8").splitlines()
expected = {name: digest for digest, _, name in (line.partition("  ") for line in lines)}
files = {p.relative_to(here).as_posix(): p for p in here.rglob("*") if p.is_file()}
files.pop("SHA256SUMS")
faults = [f"足りません: {name}" for name in expected if name not in files]
for name, path in sorted(files.items()):
    if name not in expected:
        faults.append(f"余分です: {name}")
    elif hashlib.sha256(path.read_bytes()).hexdigest() != expected[name]:
        faults.append(f"中身が違います: {name}")
print("\\n".join(faults) or f"すべて一致しました({len(expected)} ファイル)")
sys.exit(1 if faults else 0)
'''


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--out",
        type=Path,
        default=ROOT / "wheelhouse",
        metavar="DIR",
        help="a new folder (default: wheelhouse)",
    )
    parser.add_argument(
        "--platform", choices=["linux", "windows", "both"], default="both", help="default: both"
    )
    parser.add_argument(
        "--python",
        action="append",
        default=[],
        metavar="3.N",
        help=f"a Python to install on, again for more (default: this one, {THIS_PYTHON}, for Linux; "
        f"{' and '.join(WINDOWS_PYTHONS)} for Windows)",
    )
    options = parser.parse_args()
    supported = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"][
        "requires-python"
    ]
    for python in options.python:
        if not re.fullmatch(r"3\.\d+", python) or python not in SpecifierSet(supported):
            parser.error(f"--python {python}: give it like 3.13; the package needs {supported}")
    if options.out.exists() and any(options.out.iterdir()):
        parser.error(f"{options.out} is not empty: remove it, or name another folder")
    return options


def main() -> int:
    """Build beside the folder and move it into place whole."""
    options = _options()
    os.umask(0o022)  # files' modes are part of the wheels that are built
    options.out.parent.mkdir(parents=True, exist_ok=True)
    targets = targets_of(options.platform, options.python)
    with tempfile.TemporaryDirectory(dir=options.out.parent, prefix=".wheelhouse-") as scratch:
        folder = Path(scratch) / "whole"
        folder.mkdir()
        wheels = build(folder, targets)
        if options.out.exists():
            options.out.rmdir()  # empty; Windows does not move a folder onto another
        folder.rename(options.out)
    size = sum(p.stat().st_size for p in options.out.rglob("*") if p.is_file())
    for target in targets:
        fitting = [wheel for wheel in wheels if wheel.tags & target.tags]
        print(f"{target.platform}, Python {target.python}: {len(fitting)} wheels")
    print(f"{options.out}: {len(wheels)} wheels, {size / 1e6:.0f} MB; how to install: 導入手順.txt")
    print(
        f"SHA256 of SHA256SUMS, to be handed on apart from the folder: {_sha256(options.out / 'SHA256SUMS')}"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
