"""One comment as text: normalising it, seeing where its clauses end, finding its duplicates.

All of this works on a copy. What is printed is always the comment as it was written.
"""

import re
import unicodedata

# Characters that show nothing: controls but newline, zero-width and bidi marks, variation
# selectors, byte order mark, private use. Lone surrogates cannot be encoded for MeCab.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\ufe00-\ufe0f\ufeff\ufff0-\ufffb\U000e0000-\U000e0fff\ud800-\udfff\ue000-\uf8ff]"
)
_LINE_ENDS = re.compile("\r\n?|[\x0b\x0c\x85\u2028\u2029]")
_BLANKS = re.compile(r"[^\S\n]+")
_LONG_RUN = re.compile(r"(.)\1{10,}", re.DOTALL)

# Spellings of one thing that staff write in many ways. Left: a regular expression on text that is
# already NFKC and lower case. Latin words only as whole words.
SPELLINGS: tuple[tuple[str, str], ...] = (
    ("アイディア|あいでぃあ|アイデイア", "アイデア"),
    ("チャット ?(?:gpt|ジーピーティー)|ちゃっとgpt|chat[ -]gpt", "chatgpt"),
    ("(?<![a-z])(?:ms ?)?excel(?![a-z])|えくせる", "エクセル"),
    ("(?<![a-z])(?:ms ?)?word(?![a-z])", "ワード"),
    ("(?<![a-z])power ?point(?![a-z])|パワポ|ぱわぽ|(?<![a-z])ppt(?![a-z])", "パワーポイント"),
    ("(?<![a-z])access(?![a-z])", "アクセス"),
    ("コパイロット|コーパイロット|コ・パイロット", "copilot"),
    ("ジェミニ|ジェミナイ", "gemini"),
    ("ビングチャット|(?<![a-z])bing(?![a-z])|ビング(?!ズ)", "bing"),
    ("(?<![a-z])e-?mail(?![a-z])|(?<![a-z])mail(?![a-z])|eメール|電子メール", "メール"),
    ("パイソン|ぱいそん", "python"),
    ("(?<![a-z])macro(?![a-z])|まくろ", "マクロ"),
    ("サマリー|サマリ(?!ー)", "サマリー"),
    ("ユーザー|ユーザ(?!ー)", "ユーザー"),
    ("フォルダー|フォルダ(?!ー)", "フォルダ"),
    ("(?<![a-z])qa(?![a-z])|(?<![a-z])q ?[&＆] ?a(?![a-z])", "q&a"),
    ("インターネット|(?<![a-z])internet(?![a-z])", "インターネット"),
    ("例規集", "例規"),
)
_SPELLING = re.compile("|".join(f"(?P<s{i}>{pattern})" for i, (pattern, _) in enumerate(SPELLINGS)))

_CLAUSE_ENDS = "。．.!！?？\n、，,・;；／/"

_NOT_WORDS = re.compile(r"[^\w/]|_")


def normalize(text: str) -> str:
    """Return the comment in the form that the model reads.

    NFKC, lower case, invisible characters removed, blanks collapsed (line breaks stay), a
    character repeated more than ten times shortened to ten, spellings in ``SPELLINGS`` unified.
    """
    text = _LINE_ENDS.sub("\n", text)
    # Twice: NFKC can bring out characters that are themselves removed, and their removal can
    # bring combining characters together.
    text = unicodedata.normalize("NFKC", _INVISIBLE.sub("", text)).lower()
    text = unicodedata.normalize("NFKC", _INVISIBLE.sub("", text))
    text = _LONG_RUN.sub(lambda m: m.group(1) * 10, _BLANKS.sub(" ", text)).strip()
    return _SPELLING.sub(_spelling, text)


def ends_clause(word: str) -> bool:
    """Tell whether a word of a normalised comment is a mark that ends a clause: 。、・ ／ a line break."""
    return not word.strip(_CLAUSE_ENDS)


def duplicate_key(text: str) -> str:
    """Return what two answers share when they differ only in width, case, blanks and punctuation."""
    normalized = normalize(text)
    return _NOT_WORDS.sub("", normalized) or normalized


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
        folded = unicodedata.normalize("NFKC", match.group()).lower()
        letters.append(folded)
        positions.extend([match.start()] * len(folded))
    return "".join(letters), positions


def _spelling(match: re.Match[str]) -> str:
    return SPELLINGS[int(str(match.lastgroup)[1:])][1]
