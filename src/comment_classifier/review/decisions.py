"""What people decided while reading, kept at once in SQLite; nothing is overwritten unseen."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from comment_classifier.counting import RANDOM
from comment_classifier.errors import InputError
from comment_classifier.labels import SEPARATOR

_SCHEMA = """
CREATE TABLE IF NOT EXISTS decision (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    question TEXT NOT NULL, row INTEGER NOT NULL, coder TEXT NOT NULL,
    labels TEXT NOT NULL, note TEXT NOT NULL, at TEXT NOT NULL, undone INTEGER NOT NULL DEFAULT 0);
CREATE INDEX IF NOT EXISTS decision_of ON decision (question, row, coder);
CREATE TABLE IF NOT EXISTS queue (
    question TEXT NOT NULL, place INTEGER NOT NULL, row INTEGER NOT NULL, chosen TEXT NOT NULL,
    PRIMARY KEY (question, row));
"""
_LATEST = """
SELECT d.id, d.row, d.coder, d.labels, d.note, d.at FROM decision d
WHERE d.question = ? AND d.undone = 0 AND d.id = (
    SELECT max(id) FROM decision
    WHERE question = d.question AND row = d.row AND coder = d.coder AND undone = 0)
ORDER BY d.id
"""


class Changed(Exception):
    """The comment was decided elsewhere since the page was shown."""


@dataclass(frozen=True)
class Decision:
    """One coder's reading of one comment: its row in the file from 0, category ids, a note."""

    id: int
    row: int
    coder: str
    labels: tuple[str, ...]
    note: str
    at: str


class Decisions:
    """The decisions about one wave, and the order in which its comments are read.

    Every call opens the file anew, so that any thread may call; WAL lets readers go on while one writes.

    Args:
        path: the SQLite file; made if it does not exist.

    Raises:
        InputError: the file is no such store, or cannot be written to.

    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            with self._open() as base:
                base.executescript(_SCHEMA)
        except sqlite3.Error as error:
            raise InputError(f"{path}: cannot be used for decisions ({error})") from None

    def save(self, question: str, row: int, coder: str, labels: tuple[str, ...], note: str, seen: int) -> int:
        """Keep a decision; return its id.

        Args:
            question: the question's id.
            row: of the file, from 0.
            coder: who decided.
            labels: category ids.
            note: anything.
            seen: the id of the coder's decision that the page showed, 0 if none.

        Raises:
            Changed: the coder has decided on this comment since, in another tab.

        """
        with self._open() as base:
            base.execute("BEGIN IMMEDIATE")
            (latest,) = base.execute(
                "SELECT coalesce(max(id), 0) FROM decision "
                "WHERE question = ? AND row = ? AND coder = ? AND undone = 0",
                (question, row, coder),
            ).fetchone()
            if latest != seen:
                raise Changed
            now = datetime.now(UTC).isoformat(timespec="seconds")
            cursor = base.execute(
                "INSERT INTO decision (question, row, coder, labels, note, at) VALUES (?, ?, ?, ?, ?, ?)",
                (question, row, coder, SEPARATOR.join(labels), note, now),
            )
            return int(cursor.lastrowid or 0)

    def undo(self, question: str, coder: str) -> int | None:
        """Take the coder's last decision on a question back; return its row, None if there is none."""
        with self._open() as base:
            base.execute("BEGIN IMMEDIATE")
            last = base.execute(
                "SELECT id, row FROM decision WHERE question = ? AND coder = ? AND undone = 0 "
                "ORDER BY id DESC LIMIT 1",
                (question, coder),
            ).fetchone()
            if last is None:
                return None
            base.execute("UPDATE decision SET undone = 1 WHERE id = ?", (last[0],))
            return int(last[1])

    def latest(self, question: str) -> list[Decision]:
        """Return the standing decision of each coder on each comment, in order of time."""
        with self._open() as base:
            rows = base.execute(_LATEST, (question,)).fetchall()
        return [Decision(i, r, c, tuple(labels.split(SEPARATOR)), n, at) for i, r, c, labels, n, at in rows]

    def version(self, question: str) -> tuple[int, int]:
        """Return numbers that change with every decision, undo and drawing."""
        with self._open() as base:
            (decided,) = base.execute(
                "SELECT count(*) + sum(undone) FROM decision WHERE question = ?", (question,)
            ).fetchone()
            (queued,) = base.execute(
                "SELECT sum(1 + (chosen = ?)) FROM queue WHERE question = ?", (RANDOM, question)
            ).fetchone()
        return int(decided or 0), int(queued or 0)

    def enqueue(self, question: str, rows: list[int], chosen: str) -> None:
        """Put comments at the end of what is to be read.

        One that stands there already keeps its place. Picked before and now drawn at random, it counts as
        random: the draw did not know of the picking.
        """
        with self._open() as base:
            base.execute("BEGIN IMMEDIATE")
            (last,) = base.execute(
                "SELECT coalesce(max(place), 0) FROM queue WHERE question = ?", (question,)
            ).fetchone()
            again = "UPDATE SET chosen = excluded.chosen" if chosen == RANDOM else "NOTHING"
            base.executemany(
                "INSERT INTO queue (question, place, row, chosen) VALUES (?, ?, ?, ?) "
                f"ON CONFLICT (question, row) DO {again}",
                [(question, last + i, row, chosen) for i, row in enumerate(rows, 1)],
            )

    def queue(self, question: str) -> dict[int, str]:
        """Return the rows to be read, in order, and how each was chosen."""
        with self._open() as base:
            return dict(
                base.execute("SELECT row, chosen FROM queue WHERE question = ? ORDER BY place", (question,))
            )

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        base = sqlite3.connect(self.path, timeout=10, isolation_level=None)
        try:
            base.execute("PRAGMA journal_mode = WAL")
            base.execute("PRAGMA synchronous = FULL")
            yield base
            if base.in_transaction:
                base.execute("COMMIT")
        except BaseException:
            if base.in_transaction:
                base.execute("ROLLBACK")
            raise
        finally:
            base.close()
