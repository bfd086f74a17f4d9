"""Report known vulnerabilities of the locked packages, without a network.

    python3 scripts/check_vulnerabilities.py --database all.zip
    python3 scripts/check_vulnerabilities.py --database osv/ --lock requirements/dev.lock

The database is OSV's export for PyPI, fetched where there is a network. Exit status: 0 nothing known,
1 something known, 2 no database to ask.
"""

import argparse
import json
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from build_wheelhouse import LOCK, Locked, read_lock

# In a bare Python the line above starts this again where packaging is; it has to stay above.
# isort: split
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

SOURCE = "osv-vulnerabilities.storage.googleapis.com/PyPI/all.zip"
Advisory = dict[str, Any]


def read_advisories(database: Path) -> Iterator[Advisory]:
    """Yield the advisories for PyPI, but for withdrawn ones, of a folder or zip archive of OSV's files."""
    for name, content in _json_files(database):
        try:
            advisory = json.loads(content)
            affected = [a for a in advisory.get("affected", []) if a["package"]["ecosystem"] == "PyPI"]
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"{name} is not an advisory in OSV's format") from error
        if affected and "withdrawn" not in advisory:
            yield advisory | {"affected": affected}


def _json_files(database: Path) -> Iterator[tuple[str, bytes]]:
    if database.is_dir():
        for path in sorted(database.rglob("*.json")):
            yield path.name, path.read_bytes()
        return
    with zipfile.ZipFile(database) as archive:
        for name in sorted(archive.namelist()):
            if name.endswith(".json"):
                yield name, archive.read(name)


def affects(affected: dict[str, Any], version: str) -> bool:
    """Return whether a package's version is among those that an advisory names, as OSV's rules have it."""
    return _listed(affected.get("versions", []), version) or any(
        _within(given["events"], version)
        for given in affected.get("ranges", [])
        if given["type"] != "GIT"  # commits; the versions that they became are named beside them
    )


def _listed(versions: list[str], version: str) -> bool:
    """Return whether a version stands in a list; 1.0 and 1.0.0 are one version."""
    return any(version == other or _same(version, other) for other in versions)


def _same(version: str, other: str) -> bool:
    try:
        return Version(version) == Version(other)
    except InvalidVersion:  # from before PEP 440; the lock has none of these
        return False


def _within(events: list[dict[str, str]], version: str) -> bool:
    """Return whether the events up to a version leave it affected.

    A range that cannot be read counts: somebody should look at it.
    """
    locked = Version(version)
    try:
        # Where two events name one version, its introduction comes first.
        bounds = sorted(
            (_bound(text), kind != "introduced", kind, text) for e in events for kind, text in e.items()
        )
    except InvalidVersion:
        return True
    inside = False
    for bound, _, kind, text in bounds:
        if kind == "introduced" and (text == "0" or locked >= bound):  # "0" is before every version
            inside = True
        if (kind == "fixed" and locked >= bound) or (kind == "last_affected" and locked > bound):
            inside = False
    limits = [bound for bound, _, kind, _ in bounds if kind == "limit"]
    return inside and (not limits or any(locked < limit for limit in limits))


def _bound(text: str) -> Version:
    """Return an event's version; a limit of ``*`` is beyond all."""
    return Version("999999" if text == "*" else text)


def hits(advisories: list[Advisory], locked: list[Locked]) -> list[str]:
    """Return a line for each advisory that hits a locked version."""
    named: dict[str, list[tuple[Advisory, dict[str, Any]]]] = {}
    for advisory in advisories:
        for affected in advisory["affected"]:
            named.setdefault(canonicalize_name(affected["package"]["name"]), []).append((advisory, affected))
    return sorted(
        {
            _line(item, advisory, affected)
            for item in locked
            for advisory, affected in named.get(item.name, [])
            if affects(affected, item.version)
        }
    )


def _line(item: Locked, advisory: Advisory, affected: dict[str, Any]) -> str:
    """Say which package, which advisory, what it is, and which versions mend it."""
    events = [event for given in affected.get("ranges", []) for event in given["events"]]
    fixed = ", ".join(sorted({event["fixed"] for event in events if "fixed" in event}))
    names = " = ".join([advisory["id"], *advisory.get("aliases", [])])
    summary = advisory.get("summary") or advisory.get("details", "").partition("\n")[0]
    return f"{item.name} {item.version}: {names}: {summary} (fixed in: {fixed or 'no version named'})"


def main() -> int:
    """Print the hits and how old the database is."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--database", type=Path, metavar="FILE|DIR", help=f"OSV's export: {SOURCE}")
    parser.add_argument(
        "--lock", type=Path, default=LOCK, metavar="FILE", help="default: requirements/run.lock"
    )
    options = parser.parse_args()
    if options.database is None:
        parser.error(f"no --database. Where there is a network, fetch {SOURCE} and carry it here")
    try:
        advisories = list(read_advisories(options.database))
        locked = read_lock(options.lock)
    except (OSError, ValueError, zipfile.BadZipFile) as error:
        parser.error(f"{options.database}: {error}")
    if not advisories:
        parser.error(f"{options.database}: no advisory for PyPI in it")
    found = hits(advisories, locked)
    newest = max(advisory.get("modified", "") for advisory in advisories)[:10]
    print("\n".join([*found, ""]) if found else "", end="")
    print(
        f"{len(locked)} locked versions, {len(advisories)} advisories, the newest of {newest or '?'}: "
        f"{len(found)} known vulnerabilities"
    )
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
