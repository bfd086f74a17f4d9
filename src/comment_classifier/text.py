"""One comment as text: normalising it, cutting it into clauses, deciding whether it is an answer.

All of this works on a copy. What is printed is always the comment as it was written.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import lru_cache

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

_CLAUSE_END = re.compile(r"[。．.!！?？\n、，,・;；／/]+")

# Wordings that are no answer to any question.
NO_ANSWER = (
    "ない", "なし", "無し", "特にない", "該当なし", "該当しない", "記載なし", "記入なし", "未記入",
    "無回答", "回答なし", "回答できない", "回答は控える", "n/a", "na", "none", "nothing", "no", "null",
    "同上", "上記のとおり", "前述のとおり", "わからない", "分からない", "不明", "なんともいえない",
    "何とも言えない", "覚えていない", "忘れた", "考え中", "未定", "検討中", "思いつかない", "特記事項なし",
    "無", "ナシ", "無記入",
)  # fmt: skip
# Words that add nothing to "no answer"; taken away wherever they stand.
FILLERS = (
    "今のところは", "今のところ", "いまのところ", "現時点では", "現時点で", "現段階では", "現在のところ",
    "現状では", "現状", "現在は", "現在", "今は", "いまは", "まだ", "いまだ", "未だ", "特段", "特に",
    "とくに", "別に", "これといった", "これといって", "具体的に", "具体的な", "具体的には", "ほとんど",
    "ほぼ", "あまり", "あんまり", "そこまで", "全く", "まったく", "全然", "一度も", "一切", "正直",
    "すみません", "申し訳ございません", "申し訳ありません", "申し訳ない", "私は", "自分は", "業務では",
    "業務で", "業務に", "仕事では", "仕事で", "仕事に", "実務では", "実務で", "職場では", "職場で",
    "実際に", "本格的に", "生成ai", "chatgpt", "copilot", "ai", "ちょっと", "ちゃんと", "うまく", "十分に",
    "とりあえず", "研修は受けたが", "登録はしたが", "一回も", "1回も", "1度も", "ぜんぜん", "とりたてて",
)  # fmt: skip
_FILLER = re.compile("|".join(map(re.escape, sorted(FILLERS, key=len, reverse=True))))
# Polite and written forms, brought to one plain form in this order.
_PLAIN_FORMS: tuple[tuple[re.Pattern[str], str], ...] = (
    (
        re.compile(
            "(?:ありません|ございません|無いです|無い|無し|なし|ナシ|ないです|なかったです|ありませんでした|なかった)"
        ),
        "ない",
    ),
    (re.compile("(?:ておりません|てません|ていません|てない|ておらず|ておらん|とらん|てなく)"), "ていない"),
    (re.compile("(?:できません|出来ません|出来ない|できず)"), "できない"),
    (re.compile("(?:わかりません|分かりません|判りません|分からない|判らない|わからん)"), "わからない"),
    (re.compile("言え"), "いえ"),
    (re.compile("いえません"), "いえない"),
    (re.compile("(?:つきません|付かない)"), "つかない"),
    (re.compile("ません"), "ない"),
    (re.compile("(?:事|コト|物|もの|モノ|ところ)"), "こと"),
    (
        re.compile(
            "(?:利用|使用|活用|使いこな)(?:でき|出来|せ)て|(?:利用|使用|活用|お試し|試)して|使えて|試せて|触って|触れて|さわって|使わせて"
        ),
        "使って",
    ),
    (re.compile("(?:利用|使用|活用|試)した|触った|さわった|使えた"), "使った"),
    (re.compile("使わない|使えない|使わず|使わん|使ってはいない"), "使っていない"),
    (re.compile("(?:思い)?(?:当た|あた|浮か|うか|つ|付)(?:ら|り|ば|び|か|き)ない"), "思いつかない"),
    (re.compile("(?:実績|経験|機会)"), "こと"),
    (re.compile("(?:ゼロ|0)$"), "ない"),
)
_POLITE_END = re.compile(
    "(?:です|でした|である|だ|と思います|と思う|かと|かな|かも|ので|ため|から|けど|けれど|が|よ|ね|の|状況|状態|という感じ|感じ|する|します|とします|ところ)+$"
)
_LONGEST_NO_ANSWER = 60
_PARTICLES = re.compile("[はもがを]")
_NOT_WORDS = re.compile(r"[^\w/]|_")
# "not used, so I cannot tell": each part must be no answer by itself.
_PARTS = re.compile(
    r"[。．.!！?？\n、，,]+|(?<=ない)(?:です)?(?:ので|ため|から)|(?<=ません)(?:ので|ため|から)"
)


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


def clauses(normalized: str) -> list[str]:
    """Cut a normalised comment at 。、・ ／ and line breaks; clauses without a word are left out."""
    return [part for part in map(str.strip, _CLAUSE_END.split(normalized)) if part]


def is_answer(normalized: str, phrases: Iterable[str] = ()) -> bool:
    """Tell whether a normalised comment is an answer at all.

    The rule: in each part between punctuation marks, ``FILLERS`` are taken away, polite forms are
    made plain, particles are dropped. If every part is then empty or one of ``NO_ANSWER`` or
    ``phrases`` (treated the same way), it is no answer.
    """
    if len(normalized) > _LONGEST_NO_ANSWER:
        return True
    known = _no_answers(tuple(phrases))
    return not all(_essence(part) in known for part in _PARTS.split(normalized))


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


def _essence(normalized: str) -> str:
    rest = _NOT_WORDS.sub("", _FILLER.sub("", normalized))
    for pattern, plain in _PLAIN_FORMS:
        rest = pattern.sub(plain, rest)
    return _PARTICLES.sub("", _POLITE_END.sub("", rest))


@lru_cache(maxsize=32)
def _no_answers(phrases: Sequence[str]) -> frozenset[str]:
    return frozenset(_essence(normalize(p)) for p in (*NO_ANSWER, *phrases)) | {""}
