"""Codebooks: what the categories are, and which questions they answer.

A codebook is a TOML file that is checked when it is read, so that the rest of the package can rely on
it. The category ids, labels and questions of the package live in ``codebooks/*.toml`` only.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from comment_classifier.errors import InputError
from comment_classifier.toml_reader import IDENTIFIER, TableReader, is_file, parse_toml, require_unique

SHIPPED = Path(__file__).parent / "codebooks"
_ROLES = ("named", "other", "none")
_RESERVED = ("text", "labels", "review")  # columns of coded comments


@dataclass(frozen=True)
class Category:
    """One category of a codebook.

    ``role`` is ``"other"`` for the category of answers that fit nothing else, ``"none"`` for no
    answer, and ``"named"`` for all the rest. ``phrases`` are the wordings of no answer that are
    particular to this codebook (role ``"none"`` only). ``was`` names the categories of the codebook before
    it whose comments now belong here.
    """

    id: str
    label: str
    definition: str = ""
    not_when: str = ""
    role: str = "named"
    phrases: tuple[str, ...] = ()
    answers: tuple[str, ...] = ()
    subjects: tuple[str, ...] = ()
    was: tuple[str, ...] = ()


@dataclass(frozen=True)
class Question:
    """A question that answers with this codebook: its wording, a title for charts, who was asked."""

    id: str
    codebook: str
    title: str
    text: str = ""
    base: str = ""


@dataclass(frozen=True)
class Reference:
    """Published figures of an earlier wave: ``values`` per category id, or only their ``order``."""

    id: str
    question: str
    title: str
    source: str
    unit: str
    values: Mapping[str, float] = field(default_factory=dict)
    order: tuple[str, ...] = ()


@dataclass(frozen=True)
class Codebook:
    """The categories of one topic, in the order of the report.

    ``ids`` and ``labels`` are tuples in that order. ``digest`` is a SHA-256 of ids, labels and
    roles: two codebooks with the same digest count the same things.
    """

    id: str
    title: str
    categories: tuple[Category, ...]
    questions: tuple[Question, ...] = ()
    references: tuple[Reference, ...] = ()

    @property
    def ids(self) -> tuple[str, ...]:
        """Category ids in codebook order."""
        return tuple(c.id for c in self.categories)

    @property
    def labels(self) -> tuple[str, ...]:
        """Category labels in codebook order."""
        return tuple(c.label for c in self.categories)

    @property
    def other(self) -> str:
        """Id of the category for answers that fit nothing else."""
        return self._only("other").id

    @property
    def none(self) -> str:
        """Id of the category for no answer."""
        return self._only("none").id

    @property
    def learned(self) -> tuple[str, ...]:
        """Ids that the model scores: all but ``none``, which a rule decides."""
        return tuple(c.id for c in self.categories if c.role != "none")

    @property
    def none_category(self) -> Category:
        """The category for no answer, with the wordings that its rule knows."""
        return self._only("none")

    @property
    def digest(self) -> str:
        """SHA-256 over what is counted: ids, labels and roles."""
        return _sha256([[c.id, c.label, c.role] for c in self.categories])

    @property
    def fingerprint(self) -> str:
        """SHA-256 over everything that decides a coding, the wordings of no answer included."""
        return _sha256(self.as_dict())

    def as_dict(self) -> dict[str, Any]:
        """Return id, title and categories as plain data, for a model file."""
        categories = [asdict(c) for c in self.categories]
        for category in categories:
            del category["was"]  # of the labels' past; it decides no coding
        return {"id": self.id, "title": self.title, "categories": categories}

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> "Codebook":
        """Return the codebook that ``as_dict`` described; its questions and references are left out."""
        lists = ("phrases", "answers", "subjects")
        categories = [Category(**(c | {name: tuple(c[name]) for name in lists})) for c in data["categories"]]
        return cls(data["id"], data["title"], tuple(categories))

    def label(self, category_id: str) -> str:
        """Return the label of a category id."""
        return self.labels[self.ids.index(category_id)]

    def reference(self, question: str) -> Reference | None:
        """Return the published values that stand beside a question, if there are any."""
        return next((r for r in self.references if r.question == question and r.values), None)

    def _only(self, role: str) -> Category:
        return next(c for c in self.categories if c.role == role)


def load_codebook(name: str | Path) -> Codebook:
    """Load a codebook that comes with the package by name, or any other by its path.

    Raises:
        InputError: no such codebook, or the file is not valid; names file, key and remedy.

    """
    path = SHIPPED / f"{name}.toml"
    if not (isinstance(name, str) and IDENTIFIER.fullmatch(name) and is_file(path)):
        path = Path(name)
        if not is_file(path):
            shipped = ", ".join(shipped_codebooks())
            raise InputError(
                f"codebook {str(name)!r}: not found. Use one of {shipped}, or the path of a .toml file"
            )
    return _load_codebook_file(path.resolve(), path.stat().st_mtime_ns)


def shipped_codebooks() -> tuple[str, ...]:
    """Names of the codebooks that come with the package."""
    return tuple(sorted(p.stem for p in SHIPPED.glob("*.toml")))


def find_question(question: str) -> Question:
    """Return the shipped question with this id.

    Raises:
        InputError: no shipped codebook asks it.

    """
    known = {q.id: q for name in shipped_codebooks() for q in load_codebook(name).questions}
    if question not in known:
        raise InputError(f"question {question!r}: unknown. Use one of {', '.join(known)}")
    return known[question]


@lru_cache(maxsize=64)
def _load_codebook_file(path: Path, _modified: int) -> Codebook:
    reader = TableReader(path, parse_toml(path))
    reader.allow("id", "title", "category", "question", "reference")
    book_id = reader.identifier("id")
    categories = tuple(
        map(_category, reader.tables("category", 'add [[category]] tables with id = "..." and label = "..."'))
    )
    require_unique(path, "category", "id", [c.id for c in categories])
    require_unique(path, "category", "label", [c.label for c in categories])
    for role in ("other", "none"):
        found = [c.id for c in categories if c.role == role]
        if len(found) != 1:
            raise InputError(
                f'{path}: [[category]] with role = "{role}": {len(found)} found, exactly one is needed. '
                f'Set role = "{role}" on one category'
            )
    questions = tuple(_question(t, book_id) for t in reader.tables("question", "", needed=False))
    require_unique(path, "question", "id", [q.id for q in questions])
    ids = {c.id for c in categories}
    references = tuple(_reference(t, ids) for t in reader.tables("reference", "", needed=False))
    return Codebook(book_id, reader.text("title"), categories, questions, references)


def _category(reader: "TableReader") -> Category:
    reader.allow("id", "label", "definition", "not_when", "role", "phrases", "answers", "subjects", "was")
    role = reader.text("role", default="named")
    if role not in _ROLES:
        reader.fail("role", f"{role!r} is not a role", f"use one of {', '.join(_ROLES)} or leave it out")
    if reader.table.get("id") in _RESERVED:
        reader.fail(
            "id", f"{reader.table['id']!r} is the name of a column of the results", "choose another id"
        )
    return Category(
        id=reader.identifier("id"),
        label=reader.text("label"),
        definition=reader.text("definition", default=""),
        not_when=reader.text("not_when", default=""),
        role=role,
        phrases=reader.texts("phrases"),
        answers=reader.texts("answers"),
        subjects=reader.texts("subjects"),
        was=reader.texts("was"),
    )


def _question(reader: "TableReader", codebook: str) -> Question:
    reader.allow("id", "title", "text", "base")
    return Question(
        id=reader.identifier("id"),
        codebook=codebook,
        title=reader.text("title"),
        text=reader.text("text", default=""),
        base=reader.text("base", default=""),
    )


def _reference(reader: "TableReader", ids: set[str]) -> Reference:
    reader.allow("id", "question", "title", "source", "unit", "values", "order")
    values = reader.table.get("values", {})
    if not isinstance(values, dict):
        reader.fail("values", f"{values!r} is not a table", "write values = { category = 12 }")
    order = reader.texts("order")
    for key, named in (("values", values), ("order", order)):
        for unknown in [i for i in named if i not in ids]:
            reader.fail(
                key,
                f"{unknown!r} is not a category id",
                f"use ids of this codebook: {', '.join(sorted(ids))}",
            )
    for category, value in values.items():
        if isinstance(value, bool) or not isinstance(value, int | float):
            reader.fail(
                "values", f"{category} = {value!r} is not a number", f"write for example {category} = 12"
            )
    return Reference(
        id=reader.identifier("id"),
        question=reader.identifier("question"),
        title=reader.text("title"),
        source=reader.text("source"),
        unit=reader.text("unit"),
        values=values,
        order=order,
    )


def _sha256(content: object) -> str:
    return hashlib.sha256(json.dumps(content, ensure_ascii=False).encode()).hexdigest()
