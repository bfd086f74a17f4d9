"""Personal data in comments, replaced by placeholders before anything is written.

Works on the comment as it was written and changes nothing but what it masks. Numbers, e-mail
addresses and street addresses are found by patterns that a person can read, in half and full width;
names of people by MeCab's parts of speech and by what stands around them: a full name, 「〜さん」「〜課長」,
「担当の〜」. A surname alone is masked only if the dictionary knows it as nothing but a name.

It helps whoever looks a wave through; it does not replace looking. It does not find:

- nicknames (やまちゃん), initials (Hさん), names in Latin letters, rare and many recent names,
  names that MeCab cuts into words; of a name that it knows in part the rest may remain;
- given names alone (花子が), surnames alone in kana, or that are also words or places (森, 山口, 小林),
  unless the words around them speak of a person; a mayor named like a place (山口市長);
- numbers in words or spread over lines, numbers of other lengths unless a word says what they are,
  addresses without a block number, accounts in URLs, birthdays, and whoever is recognised by what
  the comment tells.

It masks too much now and then: the dead and the famous (夏目漱石), other cities that are called by name
(千葉さん), trades in katakana before 「さん」 that MeCab does not know, a time stamp of twelve digits.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache, partial
from typing import Any, NamedTuple
from unicodedata import normalize

from comment_classifier.tokenizer import PIECE

PLACEHOLDERS = (
    "【氏名】", "【電話番号】", "【個人番号】", "【メール】", "【郵便番号】", "【住所】", "【番号】",
)  # fmt: skip
_NAME, _PHONE, _MY_NUMBER, _MAIL, _POSTAL, _ADDRESS, _NUMBER = PLACEHOLDERS

# What MeCab takes for a person and is none: AI products, characters, trades.
NOT_PEOPLE = frozenset({
    "ジェミニ", "ジェミナイ", "クロード", "コパイロット", "コパイ", "アレクサ", "シリ", "グロック",
    "チャッピー", "マイナ", "ドラえもん", "のび太", "コナン", "サザエ", "アンパンマン", "キティ", "金太郎",
    "桃太郎", "浦島太郎", "クラーク", "バイヤー",
})  # fmt: skip

# Each sentence is read by itself, and so is what stands between two placeholders.
_SENTENCES = re.compile(f"({'|'.join(PLACEHOLDERS)})|(?<=[。！？!?\n\r])")
_Span = tuple[int, int]

# ---- numbers ---------------------------------------------------------------------------------

# Only what holds one of these can hold a number, an e-mail address or a street address.
_WORTH_A_LOOK = re.compile(r"\d|[@＠]|丁目|番地?")

_HYPHEN = "[-－‐‑‒–—―−ーｰ﹣]"
_BLANK = "[ \u3000\t\xa0]"
_GAP = f"(?:{_BLANK}?{_HYPHEN}{_BLANK}?|{_BLANK})"  # between two groups of a number
_BEGIN = rf"(?<![\d+＋])(?<!\d{_HYPHEN})(?<!\d[.．,，])"  # not the inside of a longer number
_END = rf"(?!{_HYPHEN}?\d)"
_IS = "[はがの:：=＝「『(（ \u3000]{0,4}"  # between a number and what it is called
# An amount is no number of a person.
_NO_AMOUNT = (
    f"(?!{_BLANK}?[千万億]?(?:[円件人名字桁個枚本台回行点頁年月日位]|文字|世帯|ページ|時間"
    "|程度|以上|以下|未満|kg|km|[mgWwVv%％]))"
)
_LATIN = "A-Za-zＡ-Ｚａ-ｚ0-9０-９"
_MAIL_LETTER = f"[{_LATIN}_.+%．＿＋％－-]"
_CALLED_NUMBER = (
    "口座番号|口座|普通預金|当座預金|職員番号|職員コード|職員ID|社員番号|社員ID|従業員番号|会員番号"
    "|患者番号|受給者番号|受給者証番号|被保険者番号|保険証番号|宛名番号|宛名コード|世帯番号|整理番号"
    "|免許証番号|免許番号|旅券番号|パスポート番号|基礎年金番号|年金番号|住民票コード|学籍番号|受験番号"
    "|お客様番号|利用者番号|登録者番号|ログインID"
)
_CALLED_PHONE = (
    "(?:内線|電話|携帯|TEL|Tel|tel|ＴＥＬ|Ｔｅｌ|FAX|Fax|fax|ＦＡＸ|ファックス|ファクス|☎|℡)(?:番号)?"
)
_PHONE_GROUPS = ((2, 4, 4), (3, 3, 4), (3, 4, 4), (4, 2, 4), (5, 1, 4), (4, 3, 3), (4, 3, 4), (6, 4), (5, 5))


def _groups(*lengths: int, gap: str = _GAP, first: str = r"\d") -> str:
    """Return a pattern of groups of digits with a gap between each two."""
    head, *rest = lengths
    return f"{first}\\d{{{head - 1}}}" + "".join(f"{gap}\\d{{{length}}}" for length in rest)


def _any(*patterns: str) -> str:
    return f"(?:{'|'.join(patterns)})"


_MAIL_ADDRESS = rf"(?<!{_MAIL_LETTER}){_MAIL_LETTER}+[@＠][{_LATIN}－-]+(?:[.．][{_LATIN}－-]+)+"
_CALLED_MY_NUMBER = rf"(?:マイナンバー|個人番号){_IS}({_BEGIN}\d(?:{_GAP}?\d){{11}}{_END})"
_SOMEBODYS_NUMBER = (
    rf"(?:{_CALLED_NUMBER}){_IS}((?>[A-Za-zＡ-Ｚａ-ｚ]{{0,3}}{_HYPHEN}?\d+(?:{_HYPHEN}\d+)*)"
    rf"(?<=\d{{4}}|\d{_HYPHEN}\d\d|\d\d{_HYPHEN}\d){_NO_AMOUNT})"
)
_SOME_NUMBER = rf"(?<!法人)(?<!郵便)番号{_IS}(\d{{6,11}}{_END}{_NO_AMOUNT})|記号{_IS}(\d{{5}}){_END}"
_CARD = _any(r"\d{14,16}", _groups(4, 4, 4, 4), _groups(4, 6, 5), _groups(4, 6, 4))
_TWELVE = _any(r"\d{12}", _groups(4, 4, 4), _groups(6, 6), _groups(3, 3, 3, 3, gap=_HYPHEN))
_THREE_YEARS = rf"(?:(?:19|20)\d\d{_GAP}){{2}}(?:19|20)\d\d"
_LOCAL_PHONE = (
    rf"{_CALLED_PHONE}{_IS}[.．]?(\d{{2,4}}{_HYPHEN}\d{{4}}{_END}{_NO_AMOUNT})"
    rf"|内線(?:番号)?{_IS}(\d{{3,5}}{_END}{_NO_AMOUNT})"
)
_WHOLE_PHONE = _any(
    *(_groups(*lengths, first="[0０]") for lengths in _PHONE_GROUPS),
    r"[0０]\d{9,10}",
    rf"[0０]\d{{1,4}}[(（]\d{{1,4}}[)）]{_BLANK}?\d{{4}}",
    rf"[(（][0０]\d{{1,4}}[)）]{_BLANK}?\d{{1,4}}{_GAP}\d{{4}}",
    r"[0０]\d{1,3}[.．]\d{2,4}[.．]\d{4}",
    rf"[+＋]\d{{1,3}}{_GAP}?[(（]?\d{{1,4}}[)）]?{_GAP}?\d{{1,4}}{_GAP}\d{{4}}",
    r"[+＋]\d{11,13}",
)
_POSTAL_CODE = (
    rf"〒{_BLANK}?\d{{3}}{_GAP}?\d{{4}}{_END}|郵便番号{_IS}(\d{{3}}{_GAP}?\d{{4}}{_END})"
    rf"|{_BEGIN}\d{{3}}{_HYPHEN}\d{{4}}{_END}{_NO_AMOUNT}"
)
# Tried in this order. A group, if there is one, is what is masked of the match.
_PATTERNS = tuple(
    (placeholder, re.compile(pattern))
    for placeholder, pattern in (
        (_MAIL, _MAIL_ADDRESS),
        (_MY_NUMBER, _CALLED_MY_NUMBER),
        (_NUMBER, _SOMEBODYS_NUMBER),
        (_NUMBER, _SOME_NUMBER),
        (_PHONE, _LOCAL_PHONE),
        (_NUMBER, _BEGIN + _CARD + _END + _NO_AMOUNT),
        (_MY_NUMBER, f"{_BEGIN}(?!{_THREE_YEARS}){_TWELVE}{_END}{_NO_AMOUNT}"),
        (_PHONE, _BEGIN + _WHOLE_PHONE + _END),
        (_POSTAL, _POSTAL_CODE),
    )
)

# ---- addresses -------------------------------------------------------------------------------

_PREFECTURE = (
    "(?:北海道|東京都|京都府|大阪府|(?:青森|岩手|宮城|秋田|山形|福島|茨城|栃木|群馬|埼玉|千葉|神奈川|新潟"
    "|富山|石川|福井|山梨|長野|岐阜|静岡|愛知|三重|滋賀|兵庫|奈良|和歌山|鳥取|島根|岡山|広島|山口|徳島"
    "|香川|愛媛|高知|福岡|佐賀|長崎|熊本|大分|宮崎|鹿児島|沖縄)県)"
)
_PLACE_LETTER = "[一-龥々ァ-ヺー]"
_NO_TOWN = "第|条例|規則|要綱|告示|計画|予算|年度|様式|役所|役場|議会|国道|県道|市道|資料|会議"
# A particle after the municipality begins the rest of a sentence, unless it begins a name: はるひ野.
_TOWN = rf"(?![はでにをがともへやのから][^ぁ-ん])(?:(?!{_NO_TOWN})[一-龥々ァ-ヺーぁ-ん \u3000]){{0,16}}"
_MUNICIPALITY = (
    f"(?:{_PLACE_LETTER}{{1,10}}"
    f"|(?:(?<![一-龥ぁ-ん])|(?<=[はがをにでとのもへ]))[ぁ-ん]{{2,7}}{_PLACE_LETTER}{{0,3}})"
    "[市区町村](?<!地区|校区|学区|工区|全区|各区|本市|当市|他市|各市)"
)
_PLACE_BEFORE = re.compile(
    rf"(?!.*町村)(?:{_PREFECTURE}{_BLANK}?{_TOWN}|{_MUNICIPALITY}{_TOWN}|大字{_TOWN})\Z"
)
_TOWN_BEFORE = re.compile(rf"{_PLACE_LETTER}{{1,8}}(?:[がのつ]{_PLACE_LETTER}{{1,4}})?\Z")
_LONGEST_PLACE = 40  # characters before the block

_N = r"(?:\d{1,5}|[〇一二三四五六七八九十百]{1,5})"
_GO = "(?:号(?!室))?"
_BLOCK = re.compile(
    rf"(?<!\d)(?<!\d{_HYPHEN})(?:"
    rf"{_N}{_BLANK}?丁目(?P<house>{_BLANK}?(?:の|{_HYPHEN})?{_N}(?:番地?の?|{_HYPHEN})?(?:{_N})?{_GO})?"
    rf"|(?<!第){_N}番(?:地の?)?(?![目組線台])(?:{_HYPHEN}?{_N})?{_GO}"
    rf"|(?<!第)\d{{1,5}}(?:{_HYPHEN}\d{{1,4}}){{1,3}}{_END}{_GO}{_NO_AMOUNT})"
)
_ROOM = re.compile(
    rf"{_BLANK}?[^\s\d。、，,「」（）()【】]{{0,20}}{_BLANK}?\d{{1,4}}(?:号室|号棟|階(?!段))"
    rf"|{_HYPHEN}\d{{1,4}}(?!\d)"
)


def mask(text: str) -> str:
    """Return the comment with placeholders (``PLACEHOLDERS``) for personal data.

    Everything else stays, character by character; masking a masked comment changes nothing.
    """
    return "".join(map(_mask_sentence, filter(None, _SENTENCES.split(text))))


def mask_all(texts: Sequence[str]) -> list[str]:
    """Return n comments masked, in their order; equal comments are read once."""
    masked = {text: mask(text) for text in dict.fromkeys(texts)}
    return [masked[text] for text in texts]


def _mask_sentence(sentence: str) -> str:
    # What stands between two placeholders is read anew, as the next call would read it: masking
    # twice is masking once.
    unread, read = [sentence], []
    while unread:
        part = unread.pop()
        spans, placeholder = ([], "") if part in PLACEHOLDERS else _first_found(part)
        if spans:
            unread.extend(reversed(_cut(part, spans, placeholder)))
        else:
            read.append(part)
    return "".join(read)


def _cut(text: str, spans: Iterable[_Span], placeholder: str) -> list[str]:
    parts: list[str] = []
    at = 0
    for start, end in spans:
        parts += [text[at:start], placeholder]
        at = end
    return [part for part in (*parts, text[at:]) if part]


def _first_found(text: str) -> tuple[list[_Span], str]:
    """Return where the first kind of data that the text holds stands, and its placeholder."""
    for placeholder, find in _finders() if _WORTH_A_LOOK.search(text) else ():
        if spans := list(find(text)):
            return spans, placeholder
    return list(_names(text)), _NAME


@lru_cache(maxsize=1)
def _finders() -> tuple[tuple[str, Callable[[str], Iterable[_Span]]], ...]:
    patterns = tuple((placeholder, partial(_matches, pattern)) for placeholder, pattern in _PATTERNS)
    return (*patterns, (_ADDRESS, _addresses))


def _matches(pattern: re.Pattern[str], text: str) -> Iterator[_Span]:
    for match in pattern.finditer(text):
        yield match.span(match.lastindex or 0)


def _addresses(text: str) -> Iterator[_Span]:
    # From the block number backwards: it is rarer than what may be a place.
    done = 0
    for block in _BLOCK.finditer(text):
        before = text[max(done, block.start() - _LONGEST_PLACE) : block.start()]
        place = _PLACE_BEFORE.search(before) or (block["house"] and _TOWN_BEFORE.search(before))
        if place and block.start() >= done:
            room = _ROOM.match(text, block.end())
            start, done = block.start() - len(place.group()), (room or block).end()
            yield start, done


# ---- names -----------------------------------------------------------------------------------

_SURNAME, _GIVEN, _OTHER_NAME = "名詞-固有名詞-人名-姓", "名詞-固有名詞-人名-名", "名詞-固有名詞-人名-一般"
_NAME_SPEECH = (_SURNAME, _GIVEN, _OTHER_NAME)
_PLACE = "名詞-固有名詞-地名-一般"
_NOUNS = ("名詞", "接尾辞", "接頭辞")
_STAFF_UNITS = "課係部局室班"
_LONGEST_GIVEN = 3  # characters of a given name that MeCab does not know

_BETWEEN = "[ \u3000]?"
_HONORIFICS = "さん|サン|さま|サマ|様|殿|氏|君|くん|クン|ちゃん|チャン|先生|女史"
_STAFF = "課長補佐|室長補佐|課長|係長|室長|次長|主任|主査|主事|主幹|補佐"
_TITLES = (
    "局長|部長|班長|議員|市議|県議|町議|村議|区議|議長|参事|技師|技監|理事長|理事|教育長|園長|校長|教頭|教諭|館長|会長|社長|専務"
    "|委員長|委員|教授|准教授|講師|医師|保健師|看護師|弁護士|隊長|団長|センター長"
)
_PREFIXES = "副前元現新"  # of a title
_HONORIFIC = re.compile(f"{_BETWEEN}(?:{_HONORIFICS})")
_DIMINUTIVE = re.compile("くん|クン|君|ちゃん|チャン")
_TITLE_OF_UNIT = re.compile(f"[一-龥ァ-ヶー]{{1,8}}?[{_STAFF_UNITS}]長(?:補佐)?")
_STAFF_TITLE = re.compile(f"{_BETWEEN}(?:{_STAFF})")
_TITLE = re.compile(f"{_BETWEEN}(?:{_HONORIFICS}|[{_PREFIXES}]?(?:{_STAFF}|{_TITLES}))")
_OFFICE = re.compile(
    f"{_BETWEEN}[{_PREFIXES}]?(?:市長|町長|村長|区長|知事|署長|所長|支所長|支店長|駅長|場長)"
)
_NOT_A_NAME = re.compile("(?:王|神|仏|宮|殿|姫|上|奥)(?:様|さま)|(?:石屋|奥)さん")
_INSTITUTION = re.compile("記念|賞|杯|財団|美術館|文学|文庫")
_PERSON_BEFORE = re.compile(
    "(?:担当者?|記入者|作成者|報告者|連絡先|氏名|名前|上司|同僚|後輩|先輩|前任者?|後任者?|部下|友人|局長|部長"
    f"|{_STAFF})(?:[のは:：、 \u3000]|として){_BETWEEN}\\Z"
)
_LONGEST_ANNOUNCEMENT = 12  # characters
_PERSON_AFTER = re.compile(
    "に(?:聞い|聞く|聞け|訊|教わ|教え|相談|頼|任せ|お願い|尋ね)|と申し|と(?:相談し|二人で)"
    "|が(?:担当|詳し|作|書|直|試|使|説明|教え|言っ|不在)"
)
_NEVER_FIRST = "をんーぁぃぅぇぉっゃゅょァィゥェォッャュョ"  # of a name: 「担当はをの」 is a slip of the pen
_MAYBE_NAMED = re.compile(f"{_HONORIFICS}|{_STAFF}|担当")
_KANJI = re.compile("[一-龥々ヶケ\uf900-\ufaff]+")
_HIRAGANA = re.compile("[ぁ-んー]+")
_KATAKANA = re.compile("[ァ-ヺー]{2,}")

# Letters of names that the dictionary lacks, as it writes them.
_VARIANTS = str.maketrans("髙𠮷濵濱德瀨桒𣘺槗𡈽栁㟢邉隆", "高吉浜浜徳瀬桑橋橋土柳崎邊隆")
_UNREADABLE = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_MARKS = "\u3099\u309a\uff9e\uff9f\u200b-\u200f\u2060\ufe00-\ufe0f\ufeff\U000e0100-\U000e01ef"
_LETTERS = re.compile(f".[{_MARKS}]*", re.DOTALL)
_INVISIBLE = re.compile("[\u200b-\u200f\u2060\ufe00-\ufe0f\ufeff\U000e0100-\U000e01ef]")
_TO_FOLD = re.compile("[\uff66-\uff9f\uf900-\ufaff]")
_PLAIN = re.compile(f"[^\uff66-\uff9d\uf900-\ufaff{_MARKS}\x00-\x1f\x7f-\x9f\ud800-\udfff]*")
# MeCab is given pieces that end where a clause does, if one does.
_PIECES = re.compile(f"(?:.{{1,{PIECE}}}(?<=[、，,；;：:\\s])|.{{1,{PIECE}}})", re.DOTALL)


class _Word(NamedTuple):
    """A word, its part of speech, and where it stands."""

    surface: str
    speech: str
    start: int
    end: int


def _names(text: str) -> Iterator[_Span]:
    start = 0
    for piece in (text,) if len(text) <= PIECE else _PIECES.findall(text):
        yield from _names_in_piece(piece, start)
        start += len(piece)


def _names_in_piece(piece: str, offset: int) -> Iterator[_Span]:
    letters, positions = _readable(piece)
    parsed = _tagger().parse(letters)
    if "人名" not in parsed and not _MAYBE_NAMED.search(letters):
        return
    for first, last in _Reading(letters, parsed).names():
        start, end = positions[first], positions[last]
        if start < end:
            yield offset + start, offset + end


def _readable(text: str) -> tuple[str, Sequence[int]]:
    """Return the text as MeCab can read it, and for each of its characters the position in the text."""
    if _PLAIN.fullmatch(text):
        return text.translate(_VARIANTS), range(len(text) + 1)
    letters: list[str] = []
    positions: list[int] = []
    for match in _LETTERS.finditer(text):
        folded = _UNREADABLE.sub("＊", _INVISIBLE.sub("", match.group()))
        if _TO_FOLD.search(folded):
            folded = normalize("NFKC", folded)
        letters.append(folded)
        positions.extend([match.start()] * len(folded))
    return "".join(letters).translate(_VARIANTS), [*positions, len(text)]


class _Reading:
    """A text cut into words by MeCab, and which of them are names of people.

    Words are meant by their index; a name by its first word and the word after its last.
    """

    def __init__(self, text: str, parsed: str) -> None:
        self.text = text
        self.words = list(_words(parsed, text))
        self.ends = {word.end for word in self.words}

    def names(self) -> Iterator[_Span]:
        """Yield where names stand in the text."""
        first = 0
        while first < len(self.words):
            after = self._name_from(first)
            if after > first and self._is_meant(first, after):
                yield self.words[first].start, self.words[after - 1].end
                first = after
            else:
                first += 1

    def _name_from(self, first: int) -> int:
        """Return the word after the name that may begin at a word; the word itself if none does."""
        word = self.words[first]
        if word.speech == _OTHER_NAME:
            return self._foreign_name_from(first)
        if word.speech == _GIVEN:
            return first + 1
        if word.speech == _SURNAME:
            return self._given_name_from(first)
        # The dictionary is asked only where a title makes it worth while.
        if word.surface in _PREFIXES or (word.speech != _PLACE and not self._is_followed(_TITLE, first)):
            return first
        if _is_also(word, _SURNAME):
            return self._given_name_from(first)
        return first + 1 if _is_also(word, _GIVEN) else first

    def _foreign_name_from(self, first: int) -> int:
        if not _KATAKANA.fullmatch(self.words[first].surface):
            return first
        after = first + 1
        while self._surface(after) in ("・", "＝") and _KATAKANA.fullmatch(self._surface(after + 1)):
            after += 2
        return after

    def _given_name_from(self, surname: int) -> int:
        """Return the word after the given name that follows a surname; after the surname if none does."""
        after = surname + 1
        if self._is_followed(_TITLE, surname):
            return after
        given = after + 1 if self._surface(after) in (" ", "\u3000") else after
        known = self._is_given_name(surname, given)
        titled = self._titled_from(surname, given)
        return titled or (given + 1 if known else self._letters_from(surname))

    def _is_given_name(self, surname: int, given: int) -> bool:
        if given >= len(self.words):
            return False
        word = self.words[given]
        if word.speech == _GIVEN:
            # 「金かける」 is no name.
            return self._is_long_surname(surname) or not _HIRAGANA.fullmatch(word.surface)
        sure = self._is_long_surname(surname) or self._is_followed(_HONORIFIC, given)
        return sure and self._is_kanji(given) and _is_also(word, _GIVEN)

    def _titled_from(self, surname: int, given: int) -> int:
        """Return where a given name ends that MeCab knows in part or not, and a title follows; 0 if none."""
        known = self._is_given_name(surname, given)
        if not known and self.words[surname].speech != _SURNAME:
            return 0
        length = 0
        for index in range(given, min(given + _LONGEST_GIVEN, len(self.words))):
            length += len(self._surface(index))
            if length > _LONGEST_GIVEN or not self._is_kanji(index) or self._surface(index) in _PREFIXES:
                return 0
            # A word, not letters, before a title belongs to the title: 鈴木総務課長.
            letters = known or length == index - given + 1
            if self._is_followed(_TITLE if letters else _HONORIFIC, index):
                return index + 1
        return 0

    def _letters_from(self, surname: int) -> int:
        """Return where two or three single letters after a surname end; where it ends if there are none."""
        after = last = surname + 1
        while last - after < _LONGEST_GIVEN and len(self._surface(last)) == 1 and self._is_kanji(last):
            last += 1
        return last if last - after > 1 and self._is_long_surname(surname) else after

    def _is_meant(self, first: int, after: int) -> bool:
        """Tell whether what may be a name is one, by what stands around it."""
        start, end = self.words[first].start, self.words[after - 1].end
        parts = [word.surface for word in self.words[first:after]]
        if not NOT_PEOPLE.isdisjoint((*parts, "".join(parts))) or _NOT_A_NAME.match(self.text, start):
            return False
        if self._is_titled(first, after):
            return True
        if len(parts) == 1:
            return self._is_lone_name(first)
        return self._is_full_name(first, after) and not _INSTITUTION.match(self.text, end)

    def _is_full_name(self, first: int, after: int) -> bool:
        words = [word for word in self.words[first:after] if word.surface.strip("・＝ \u3000")]
        length = sum(len(word.surface) for word in words)
        if words[0].speech == _SURNAME:
            return length > 2 or self._is_announced(first)  # 「護巌」 is a slip of the pen
        return length > 3 and all(word.speech in _NAME_SPEECH for word in words[1:])

    def _is_titled(self, first: int, after: int) -> bool:
        word, last = self.words[first], after - 1
        if word.speech in _NAME_SPEECH and self._is_followed(_TITLE, last):
            return True
        if word.speech == _SURNAME:
            mayor = self._is_followed(_OFFICE, last) and _PLACE not in _senses(word.surface)
            return mayor or self._is_followed(_TITLE_OF_UNIT, last)
        if word.speech in _NAME_SPEECH or self._is_joined(first):
            return False  # 「お孫さん」, 「区役所さん」
        if _is_also(word, _GIVEN) and self._is_followed(_DIMINUTIVE, last):
            return True
        if self._is_followed(_STAFF_TITLE, last):
            return word.speech == _PLACE or after - first > 1 or self._is_letter_or_kana(first)
        return self._is_followed(_HONORIFIC, last) and (
            word.speech == _PLACE or after - first > 1 or len(word.surface) == 1
        )

    def _is_lone_name(self, index: int) -> bool:
        word = self.words[index]
        if self._is_joined(index + 1) or word.surface[0] in _NEVER_FIRST:
            return False
        named = word.speech in _NAME_SPEECH or (word.speech == _PLACE and _is_also(word, _SURNAME))
        if named and self._is_announced(index):
            return True
        if not self._is_long_surname(index) or not self._is_kanji(index):
            return False
        if self._is_joined(index):
            return self.words[index - 1].surface[-1] in _STAFF_UNITS  # 「市民課山田」
        return _senses(word.surface) <= {_SURNAME, _GIVEN} or bool(_PERSON_AFTER.match(self.text, word.end))

    def _is_announced(self, index: int) -> bool:
        """Tell whether what stands before a word announces a person: 「担当の」, 「氏名：」."""
        start = self.words[index].start
        return _PERSON_BEFORE.search(self.text[max(0, start - _LONGEST_ANNOUNCEMENT) : start]) is not None

    def _is_followed(self, pattern: re.Pattern[str], index: int) -> bool:
        """Tell whether a title follows a word, and no word only begins like it (様式)."""
        match = pattern.match(self.text, self.words[index].end)
        return match is not None and match.end() in self.ends

    def _is_joined(self, index: int) -> bool:
        """Tell whether a noun and a noun before it make one word."""
        if not 0 < index < len(self.words):
            return False
        before, word = self.words[index - 1], self.words[index]
        return before.end == word.start and all(w.speech.startswith(_NOUNS) for w in (before, word))

    def _is_long_surname(self, index: int) -> bool:
        return self.words[index].speech == _SURNAME and len(self.words[index].surface) > 1

    def _is_letter_or_kana(self, index: int) -> bool:
        return len(self._surface(index)) == 1 or not self._is_kanji(index)

    def _is_kanji(self, index: int) -> bool:
        return bool(_KANJI.fullmatch(self._surface(index)))

    def _surface(self, index: int) -> str:
        return self.words[index].surface if index < len(self.words) else ""


def _words(parsed: str, text: str) -> Iterator[_Word]:
    at = 0
    for line in parsed.split("\n"):
        surface, *features = line.split("\t")
        if features:
            start = text.index(surface, at)
            at = start + len(surface)
            yield _Word(surface, features[3], start, at)


def _is_also(word: _Word, speech: str) -> bool:
    return word.speech.startswith(("名詞", "記号")) and speech in _senses(word.surface)


@lru_cache(maxsize=100_000)
def _senses(word: str) -> frozenset[str]:
    """Return the parts of speech that the dictionary knows for a word."""
    readings = (reading.strip("\n").split("\t") for reading in _tagger().nbest(word, 30).split("EOS"))
    return frozenset(reading[4] for reading in readings if reading[0] == word and len(reading) < 10)


@lru_cache(maxsize=1)
def _tagger() -> Any:
    # One per process, as in tokenizer, but with parts of speech.
    import fugashi
    import unidic_lite

    return fugashi.Tagger(f'-d "{unidic_lite.DICDIR}" -r "{unidic_lite.DICDIR}/dicrc"')
