"""The rule that decides, before any model, whether a comment is an answer at all.

A person can read and extend it: ``NO_ANSWER`` and the ``phrases`` of a codebook's ``none``
category are the wordings that are no answer; ``FILLERS`` are words that change nothing about
that; ``PLAIN_FORMS`` bring the many forms of one wording to one.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from itertools import chain

from comment_classifier.codebook import Category, Codebook
from comment_classifier.text import normalize

LONGEST_NO_ANSWER = 60  # characters; whoever writes more has said something

# Wordings that are no answer to any question.
NO_ANSWER = (
    "ない", "特にない", "ないない", "トクニナシ", "特記ない", "1件もない", "経験なし", "未経験", "未回答",
    "空欄", "省略", "パス", "ノーコメント", "非該当", "対象外", "上に同じ", "上記と同じ", "前問と同じ",
    "nil", "nan", "0", "該当ない", "該当しない", "該当することはない", "記載ない", "記入ない", "未記入",
    "無回答", "回答ない", "無記入", "回答できない", "答えられない", "答えようがない", "回答を控える",
    "回答控えさせていただく", "差し控える", "回答を差し控える", "特筆すべきことはない",
    "お答えできることはない", "いいえ", "書けない", "記載を控える", "記入を控える", "控える", "n/a", "na",
    "none", "nothing", "no", "null", "同上", "上記のとおり", "前述のとおり", "わからない", "知らない",
    "不明", "いえない", "なんともいえない", "何ともいえない", "なんともわからない", "覚えていない",
    "忘れた", "考え中", "未定", "検討中", "未検証", "検証していない", "思いつかない", "書けることがない",
    "書くことがない", "挙げることがない", "申し上げることはない", "特記事項ない", "無",
)  # fmt: skip
# Words that add nothing to "no answer"; taken away wherever they stand.
FILLERS = (
    "今のところは", "今のところ", "いまのところ", "只今のところ", "現時点では", "現時点で", "現段階では",
    "現段階で", "現在のところ", "現状では", "現状", "現在は", "現在", "今は", "いまは", "これまで",
    "今まで", "まだまだ", "まだ", "いまだ", "未だ", "特段の", "特段", "特に", "とくに", "別に", "格別",
    "これといった", "これといって", "具体的な", "具体的に", "ほとんど", "ほぼ", "あまり", "あんまり",
    "そこまで", "全く", "まったく", "全然", "ぜんぜん", "一度も", "一回も", "1回も", "1度も", "一切",
    "何も", "なにも", "なんも", "正直", "すみません", "すいません", "すんません", "申し訳ございません",
    "申し訳ありません", "申し訳ない", "恐縮ですが", "私は", "私自身は", "私個人は", "自分は", "自分では",
    "個人としては", "うちは", "当課では", "本課では", "本室では", "係では", "業務では", "業務で", "業務に",
    "仕事では", "仕事で", "仕事に", "実務では", "実務で", "職場では", "職場で", "現場では", "現場で",
    "実際には", "実際に", "本格的に", "生成ai", "chatgpt", "copilot", "ai", "ちょっと", "ちゃんと",
    "うまく", "よく", "十分に", "とりあえず", "とりたてて", "そもそも", "どうも",
)  # fmt: skip
_USE = "(?:利用|使用|活用|試用|使いこな|使わせ|使|試|触|さわ|つか|着手|導入)"
# Pattern and plain form, applied in this order.
PLAIN_FORMS: tuple[tuple[str, str], ...] = (
    ("ませ[ー〜]+ん", "ません"),
    ("無い|無し|なし|ナシ|なか(?=で|$)|あらず|皆無|ゼロ|(?<=[^0-9])0(?:件|です)?$", "ない"),
    ("(?:あり|ござい|御座い|ござり)ません", "ない"),
    ("ませ[ーん〜]*ん(?:でした|で)?|なかった", "ない"),
    ("(?<=[らかわきりずえ])ん(?=で|$|の)", "ない"),
    ("事|コト|物(?!が)|もの|モノ|点|ところ|段階|例|実績|経験", "こと"),
    ("言|云", "い"),
    ("分か|判|解", "わか"),
    ("出来", "でき"),
    ("頂い|頂け", "いただ"),
    ("(?:ており|ておら|とり|とら)(?:ない|ず|ん)?|てい?ない|てい?なく|でい?ない", "ていない"),
    (_USE + "(?:でき|いただけ|せていただい|えて|って|ってみ|して|し|っ|え|わ){0,3}ていない", "使っていない"),
    (_USE + "(?:わ|い|し|ら|しておら)(?:ない|ず)", "使っていない"),
    (_USE + "(?:った|した|えた|ってみた|わせた)", "使った"),
    ("至(?:らない|らず|りない|っていない)", "至っていない"),
    ("(?:思い)?(?:当た|あた|浮か|うか|つ|付|見当た|見つか)(?:ら|り|ば|び|か|き)(?:ない|ず)", "思いつかない"),
    ("わか(?:ら|り)(?:ない|ず)", "わからない"),
    ("いえない|いいがたい|いい難い", "いえない"),
    ("感じ(?:ない|ず|ていない|たことない|られない|たことはない|取れない)", "感じない"),
    ("変わ(?:ら|り|って)(?:ない|ず|ていない|は?ない)|変わっていない|変化ない", "変わらない"),
    ("求めない|望まない|希望しない|望むことない", "要望ない"),
    ("認められない|見られない|得られていない|得ていない|持たない", "ない"),
    ("というほど|といえるほど|と申せる|といえる|と呼べる|に足る|できるほど|るほど|れるほど", "〓"),
    ("[^〓]{0,14}〓(?:の|こと|に)*", ""),
)  # fmt: skip
_POLITE_END = re.compile(
    "(?:です|でした|である|だ|と思われる|ような気がする|気がする|と?(?:思|おも|存じ)(?:います|う|ます)|かと|かな|かも|ので|のに|ため|から|けど|けれど"
    "|なん|が|よ|ね|な|の|状況|状態|という感じ|感じ|する|します|とします|とのこと|とする|いたします"
    "|させていただきます|でして|まして|て|で)+$"
)
_PARTICLES = re.compile("[はもがをとにの]|こと")
_NOT_WORDS = re.compile(r"[^\w/〓]|_")
_DASHES = re.compile("^[ー一〇ノ～〜/]+$")  # what a blank is filled with
_ENDS = "。．.!！?？\n、，,()「」…"
_PARTS = re.compile(
    rf"[{_ENDS}]+"
    "|(?:(?<=ない)(?:です)?|(?<=ません))(?:ので|のに|ため|から|し)|(?<=ん)(?:ので|けん)"
)
# What PLAIN_FORMS mark by 〓, to cut it off with the words before it.
_CUTS_WORDS = re.compile("〓|ほど|[い言云]える|申せる|呼べる|足る")
_FILLER = re.compile("|".join(map(re.escape, sorted(FILLERS, key=len, reverse=True))))
_FORMS = tuple((re.compile(pattern), plain) for pattern, plain in PLAIN_FORMS)


class Verdict(Enum):
    """What the rule says of a comment."""

    ANSWER = "answer"
    NO_ANSWER = "no answer"
    UNCLEAR = "unclear"


def judge(normalized: str, codebook: Codebook) -> Verdict:
    """Tell whether a normalised comment is an answer.

    The rule: the comment is cut into parts at punctuation and after 〜ないので. In each part
    ``FILLERS`` are taken away, forms are made plain, particles are dropped. A comment of at most
    ``LONGEST_NO_ANSWER`` characters is no answer if every part is then one of ``NO_ANSWER`` or of
    the codebook's ``phrases`` (but not of its ``answers``), before or after taking away the
    codebook's ``subjects``, which only repeat the question. It is unclear if only its first or last
    part is: 「なし。異動したばかりで」 is no answer, 「要約。他はなし」 is one, and only who knows the
    categories can tell.

    Args:
        normalized: a comment as :func:`comment_classifier.text.normalize` returns it.
        codebook: whose ``none`` category holds the phrases, answers and subjects of its questions.

    """
    return judge_all([normalized], codebook)[0]


def judge_all(normalized: Sequence[str], codebook: Codebook) -> list[Verdict]:
    """Judge n normalised comments, each as :func:`judge` does."""
    rule = _rule(codebook.none_category)
    return [
        Verdict.ANSWER
        if len(text) > LONGEST_NO_ANSWER or _says_more(text, rule.foreign)
        else _judged(text, rule)
        for text in normalized
    ]


@dataclass(frozen=True)
class _Rule:
    """The rule of one codebook.

    ``foreign`` finds a character that stands in none of the rule's wordings and patterns.
    """

    answers: frozenset[str]
    known: frozenset[str]
    subjects: re.Pattern[str]
    foreign: re.Pattern[str]


def _says_more(text: str, foreign: re.Pattern[str]) -> bool:
    """Tell whether the first and the last part hold a character that the rule cannot take away.

    Nearly every real answer does, and the rule need not be tried on it.
    """
    first = foreign.search(text)
    if first is None or _CUTS_WORDS.search(text):
        return False
    if first.start() and _PARTS.search(text, 0, first.start()):
        return False
    kept = text.rstrip(_ENDS)
    from_behind = foreign.search(kept[::-1])
    return from_behind is not None and _PARTS.search(kept, len(kept) - from_behind.end()) is None


def _stays(part: str, foreign: re.Pattern[str]) -> bool:
    """Tell whether a part holds a character that the rule cannot take away, and so is no known wording."""
    return foreign.search(part) is not None and not _CUTS_WORDS.search(part)


def _judged(text: str, rule: _Rule) -> Verdict:
    if _NOT_WORDS.sub("", text) in rule.answers:
        return Verdict.ANSWER
    essences = (
        part if _stays(part, rule.foreign) else _essence(part) for part in filter(None, _PARTS.split(text))
    )
    parts = [rest for rest in essences if rest]
    known = [rest in rule.known or rule.subjects.sub("", rest) in rule.known for rest in parts]
    if all(known):
        return Verdict.NO_ANSWER
    return Verdict.UNCLEAR if parts[0] in rule.known or parts[-1] in rule.known else Verdict.ANSWER


def _essence(part: str) -> str:
    rest = _DASHES.sub("", _NOT_WORDS.sub("", _FILLER.sub("", part)))
    for pattern, plain in _FORMS:
        rest = pattern.sub(plain, rest)
    return _PARTICLES.sub("", _POLITE_END.sub("", rest))


@lru_cache(maxsize=32)
def _rule(none: Category) -> _Rule:
    wordings = {_essence(normalize(phrase)) for phrase in (*NO_ANSWER, *none.phrases)}
    kept = {_essence("ない")}  # 「業務でない」 is an answer, and 「ない」 that is left of it is none
    wordings -= {"", *(_essence(normalize(phrase)) for phrase in none.answers)} - kept
    subjects = sorted({_PARTICLES.sub("", normalize(s)) for s in none.subjects}, key=len, reverse=True)
    patterns = [_PARTS.pattern, _POLITE_END.pattern, _PARTICLES.pattern, _DASHES.pattern]
    own = {*chain(*wordings, *subjects, *FILLERS, *chain(*PLAIN_FORMS), *patterns)}
    return _Rule(
        frozenset(none.answers),
        frozenset(wordings),
        re.compile("|".join(map(re.escape, subjects)) or "(?!)"),
        re.compile(f"[^\\W_{re.escape(''.join(sorted(own)))}]"),
    )
