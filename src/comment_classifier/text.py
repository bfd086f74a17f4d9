"""One comment as text: normalising it, seeing where its clauses end, finding its duplicates.

All of this works on a copy. What is printed is always the comment as it was written.
"""

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache, partial

import numpy as np

# What stands between comments that are normalised together: the first character of _INVISIBLE, so
# that no normalised comment holds it.
_SEPARATOR = "\0"
# Characters that show nothing: controls but newline, zero-width and bidi marks, variation
# selectors, byte order mark, private use. Lone surrogates cannot be encoded for MeCab.
_INVISIBLE = re.compile(
    "[\x01-\x08\x0b-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\ufe00-\ufe0f\ufeff\ufff0-\ufffb\U000e0000-\U000e0fff\ud800-\udfff\ue000-\uf8ff]"
)
_LINE_ENDS = re.compile("\r\n?|[\x0b\x0c\x85\u2028\u2029]")
_LINE_END_MARKS = "\r\x0b\x0c\x85\u2028\u2029"
_BLANKS = re.compile(r"[^\S\n]+")
_OTHER_BLANKS = ("  ", "\t", "\u1680")  # what NFKC leaves, but for one blank
_LONGEST_RUN = 10
_LONG_RUN = re.compile(rf"([^\0])\1{{{_LONGEST_RUN},}}")
_FULL_WIDTH = re.compile("[\uff01-\uff5e][\uff01-\uff5e]*")  # searched twice as fast as with a +
_TO_HALF_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
_nfkc = partial(unicodedata.normalize, "NFKC")
# Combining marks in a row that NFKC is given, as in Unicode's stream-safe text: it takes a time that grows
# with their square. Only comments so long that this can be felt are looked through for them.
_MARKS, _LONG = 30, 4096

# One thing that staff write in many ways: its spelling, and the wordings that become it, in NFKC and
# lower case. Latin letters only as whole words.
SPELLINGS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("アイデア", ("アイディア", "あいでぃあ", "アイデイア")),
    (
        "chatgpt",
        (
            *("チャットgpt", "チャット gpt", "チャットジーピーティー", "チャット ジーピーティー"),
            *("ちゃっとgpt", "chat gpt", "chat-gpt"),
        ),
    ),
    ("エクセル", ("excel", "msexcel", "ms excel", "えくせる")),
    ("ワード", ("word", "msword", "ms word")),
    ("パワーポイント", ("powerpoint", "power point", "パワポ", "ぱわぽ", "ppt")),
    ("アクセス", ("access",)),
    ("copilot", ("コパイロット", "コーパイロット", "コ・パイロット")),
    ("gemini", ("ジェミニ", "ジェミナイ")),
    ("bing", ("ビングチャット", "ビング")),
    ("ビングズ", ("ビングズ",)),
    ("メール", ("e-mail", "email", "mail", "eメール", "電子メール")),
    ("python", ("パイソン", "ぱいそん")),
    ("マクロ", ("macro", "まくろ")),
    ("サマリー", ("サマリー", "サマリ")),
    ("ユーザー", ("ユーザー", "ユーザ")),
    ("フォルダ", ("フォルダー",)),
    ("q&a", ("qa", "q&a", "q &a", "q& a", "q & a")),
    ("インターネット", ("internet",)),
    ("例規", ("例規集",)),
)
_SPELLING_OF = {wording: spelling for spelling, wordings in SPELLINGS for wording in wordings}


def _whole_word(wording: str) -> str:
    # Looking back comes last: an alternation whose branches begin with letters is searched fast.
    before = f"(?<![a-z]{wording})" if wording[0].isascii() else ""
    after = "(?![a-z])" if wording[-1].isascii() else ""
    return re.escape(wording) + before + after


_SPELLING = re.compile("|".join(map(_whole_word, sorted(_SPELLING_OF, key=len, reverse=True))))

CLAUSE_ENDS = "。．.!！?？\n、，,・;；／/"

_NOT_WORDS = re.compile(r"[^\w/\0][^\w/\0]*")  # but for the underscore


def normalize(text: str) -> str:
    """Return the comment in the form that the model reads.

    NFKC, lower case, invisible characters removed, blanks collapsed (line breaks stay), a
    character repeated more than ten times shortened to ten, spellings in ``SPELLINGS`` unified.
    """
    return normalize_all([text])[0]


def normalize_all(texts: Sequence[str]) -> list[str]:
    """Normalise n comments, each as :func:`normalize` does, ten times as fast as one by one."""
    joined = _SEPARATOR.join(texts)
    if joined.count(_SEPARATOR) != len(texts) - 1:
        joined = _SEPARATOR.join([text.replace(_SEPARATOR, "") for text in texts])
    # What few comments hold is looked for before it is replaced: looking is cheaper.
    if any(map(joined.__contains__, _LINE_END_MARKS)):
        joined = _LINE_ENDS.sub("\n", joined)
    joined = _compatible(_INVISIBLE.sub("", joined)).lower()
    # Again: NFKC can bring out characters that are themselves removed, and their removal can
    # bring combining characters together.
    visible = _INVISIBLE.sub("", joined)
    if visible != joined or not unicodedata.is_normalized("NFKC", visible):
        joined = _compatible(visible)
    if any(map(joined.__contains__, _OTHER_BLANKS)):
        joined = _BLANKS.sub(" ", joined)
    if _has_long_run(joined):
        joined = _LONG_RUN.sub(lambda m: m.group(1) * _LONGEST_RUN, joined)
    # Blanks at the ends go first, so that a spelling is judged by what stands beside it.
    return _spelled(list(map(str.strip, joined.split(_SEPARATOR))))[: len(texts)]


def _has_long_run(text: str) -> bool:
    points = np.frombuffer(text.encode("utf-32-le"), np.uint32)
    return b"\1" * _LONGEST_RUN in (points[1:] == points[:-1]).tobytes()


def _spelled(texts: list[str]) -> list[str]:
    """Unify the spellings in comments."""
    # Until nothing changes: 電子mail becomes 電子メール, and that is one of its wordings again.
    left = list(range(len(texts)))
    while left:
        before = [texts[i] for i in left]
        after = _SPELLING.sub(lambda m: _SPELLING_OF[m.group()], _SEPARATOR.join(before)).split(_SEPARATOR)
        for i, text in zip(left, after, strict=True):
            texts[i] = text
        left = [i for i, old, new in zip(left, before, after, strict=True) if old != new]
    return texts


def _compatible(joined: str) -> str:
    """Return NFKC. Full-width letters first, by themselves: most comments need nothing else."""
    joined = _FULL_WIDTH.sub(lambda m: m.group().translate(_TO_HALF_WIDTH), joined)
    texts = joined.split(_SEPARATOR)
    return _SEPARATOR.join([_nfkc(text if len(text) <= _LONG else _few_marks(text)) for text in texts])


def _few_marks(text: str) -> str:
    return _run_of_marks().sub(r"\1", text)


@lru_cache(maxsize=1)
def _run_of_marks() -> "re.Pattern[str]":
    marks = "".join(char for char in map(chr, range(0x300, 0x20000)) if unicodedata.combining(char))
    return re.compile(f"([{marks}]{{{_MARKS}}})[{marks}]+")


def ends_clause(word: str) -> bool:
    """Tell whether a word of a normalised comment is a mark that ends a clause: 。、・ ／ a line break."""
    return not word.strip(CLAUSE_ENDS)


def duplicate_key(text: str) -> str:
    """Return what two answers share when they differ only in width, case, blanks and punctuation."""
    return duplicate_keys([normalize(text)])[0]


def duplicate_keys(normalized: Sequence[str]) -> list[str]:
    """Return :func:`duplicate_key` for each of n comments that are normalised already."""
    bare = _NOT_WORDS.sub("", _SEPARATOR.join(normalized)).replace("_", "").split(_SEPARATOR)
    return [key or text for key, text in zip(bare, normalized, strict=False)]  # nothing joined is one blank


def align(text: str, normalized: str) -> list[int]:
    """Return, for each character of the normalised comment, its position in the original.

    Used to mark words in the comment as it was written. Where the two cannot be matched
    character by character the nearest matched position before it is given.
    """
    letters, positions = _folded(text)
    offsets: list[int] = []
    at = 0
    for char in normalized:
        found = letters.find(char, at, at + 16)
        if found >= 0:
            at = found + 1
        offsets.append(positions[min(max(at - 1, 0), len(positions) - 1)] if positions else 0)
    return offsets


def _folded(text: str) -> tuple[str, list[int]]:
    # Half-width kana and their voicing mark are two characters that NFKC makes one.
    letters: list[str] = []
    positions: list[int] = []
    for match in re.finditer(r".[\u3099\u309a\uff9e\uff9f\u0300-\u036f]*", text, re.DOTALL):
        folded = _nfkc(match.group()[: _MARKS + 1]).lower()
        letters.append(folded)
        positions.extend([match.start()] * len(folded))
    return "".join(letters), positions
