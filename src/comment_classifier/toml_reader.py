"""Reading TOML files so that a faulty one gets an error naming file, table, key and remedy."""

import re
import tomllib
from collections.abc import Iterable
from contextlib import suppress
from math import isfinite
from pathlib import Path
from typing import Any

from comment_classifier.errors import InputError

IDENTIFIER = re.compile(r"[a-z][a-z0-9_]*")


def parse_toml(path: Path) -> dict[str, Any]:
    """Read a TOML file.

    Raises:
        InputError: not found, not UTF-8, or not TOML; names the place.

    """
    try:
        # Notepad on Windows may put a byte order mark in front, which TOML does not allow.
        return tomllib.loads(path.read_bytes().decode("utf-8-sig"))
    except FileNotFoundError:
        raise InputError(f"{path}: not found. Check the path") from None
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror})") from None
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: byte {error.start} is not UTF-8. Save the file as UTF-8") from None
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"{path}: not valid TOML: {error}. Correct that line") from None


def is_file(path: Path) -> bool:
    """Tell whether there is such a file; a name that is too long for one is none."""
    with suppress(OSError):
        return path.is_file()
    return False


def require_unique(path: Path, table: str, key: str, values: Iterable[str]) -> None:
    """Refuse a value that stands twice under the same key of several tables."""
    seen: set[str] = set()
    for value in values:
        if value in seen:
            raise InputError(f"{path}: [[{table}]] key '{key}': {value!r} stands twice. Give each its own")
        seen.add(value)


class TableReader:
    """Reads the keys of one TOML table and names file, table and key when one is wrong."""

    def __init__(self, path: Path, table: dict[str, Any], where: str = "") -> None:
        self.path, self.table, self.where = path, table, where

    def fail(self, key: str, wrong: str, remedy: str) -> None:
        """Raise the error for a key: what is wrong with it, and the remedy."""
        where = f"{self.where} " if self.where else ""
        raise InputError(f"{self.path}: {where}key '{key}': {wrong}. Remedy: {remedy}")

    def allow(self, *keys: str) -> None:
        """Refuse every key that is not one of these."""
        for key in self.table:
            if key not in keys:
                self.fail(key, "unknown key", f"use {', '.join(keys)}")

    def text(self, key: str, default: str | None = None) -> str:
        """Return a text; blank is refused unless there is a default."""
        value = self.table.get(key, default)
        if value is None:
            self.fail(key, "missing", f'add {key} = "..."')
        if not isinstance(value, str) or (default is None and not value.strip()):
            self.fail(key, f"{value!r} is not a text", f'write {key} = "..."')
        return str(value)

    def identifier(self, key: str) -> str:
        """Return an id: small letters, digits and _."""
        value = self.text(key)
        if not IDENTIFIER.fullmatch(value):
            self.fail(
                key, f"{value!r} is not an id", "use small letters, digits and _, beginning with a letter"
            )
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        """Return a list of texts, empty if the key is missing."""
        values = self.table.get(key, [])
        if not isinstance(values, list) or not all(isinstance(v, str) for v in values):
            self.fail(key, f"{values!r} is not a list of texts", f'write {key} = ["...", "..."]')
        return tuple(values)

    def number(self, key: str, default: float | None = None) -> float | None:
        """Return a number, or the default if the key is missing."""
        value = self.table.get(key, default)
        # True is a number for Python; NaN and infinity are none for a person.
        if value is not None and (isinstance(value, bool) or not isinstance(value, int | float)):
            self.fail(key, f"{value!r} is not a number", f"write {key} = 1.5")
        if value is not None and not isfinite(value):
            self.fail(key, f"{value!r} is not a number", f"write {key} = 1.5")
        return value

    def flag(self, key: str) -> bool:
        """Return true or false; false if the key is missing."""
        value = self.table.get(key, False)
        if not isinstance(value, bool):
            self.fail(key, f"{value!r} is neither true nor false", f"write {key} = true")
        return bool(value)

    def tables(self, key: str, remedy: str, needed: bool = True) -> "list[TableReader]":
        """Return a reader for each table of a list."""
        values = self.table.get(key, [])
        if not isinstance(values, list) or not all(isinstance(v, dict) for v in values):
            self.fail(key, "is not a list of tables", f"write [[{key}]] above each")
        if needed and not values:
            self.fail(key, "missing", remedy)
        inside = f"{self.where} " if self.where else ""
        return [TableReader(self.path, v, f"{inside}[[{key}]] no. {i}") for i, v in enumerate(values, 1)]
