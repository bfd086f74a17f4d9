"""The time saved, read out of what people write: 「1日30分」, 「3時間→30分」, 「8割減」.

Rules that a person can read, and no library: ja-timex, the package for Japanese time expressions, takes
「30分」 for a clock time, knows no 数時間, no ratio and no before and after, and brings a calendar along.

The rules work on a folded copy (:func:`_fold`). A time counts if what follows it says so: a word of
saving, a turn from before to after, or nothing at all, as in 「議事録は2時間/件」. How long something
takes, or merely lasts, is not saved: 「2時間の会議」, 「30分かかる」, 「5分で終わる」.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

Kind = Literal["amount", "change", "ratio"]
Bounds = tuple[float, float | None]

# Minutes of work: what a civil servant who saves 「半日」 or 「1週間」 has saved of working time.
MINUTES_A_DAY = 465.0  # 7 h 45 min, the working day of Japanese local government
DAYS_A_WEEK = 5
DAYS_A_MONTH = 20  # a year of 240 working days by 12
DAYS_A_YEAR = 240  # 365 less weekends, holidays and some leave
SEVERAL = (3, 6)  # what 数 stands for: dictionaries say 3 or 4 to 5 or 6

WORKING_DAYS = {"day": 1, "week": DAYS_A_WEEK, "month": DAYS_A_MONTH, "year": DAYS_A_YEAR}

_BEFORE_CHARS, _AFTER_CHARS, _GAP_CHARS = 40, 40, 70  # how far the rules look, so that time stays linear

# Numbers ------------------------------------------------------------------------------------------
_KANJI = "〇一二三四五六七八九"
_POWERS = {"十": 10, "百": 100, "千": 1000, "万": 10000}
_SOME = "(?<![件複人回枚字点個総少多指関有])(?<!(?<![1一])日)数"  # not the 数 of 件数, 複数
_NUMBER = (
    rf"(?:(?:[0-9]{{1,3}}|[{_KANJI}]?十)?{_SOME}[十百千万]?"
    r"|[0-9]{1,3}(?:,[0-9]{3}){1,2}(?![0-9])"
    r"|[0-9]{1,7}(?:\.[0-9]{1,3})?[百千万]?"
    rf"|[{_KANJI}十百千万]{{1,9}})"
)
_TO = "(?: ?(?:から|[〜~‐-―ー-]|ないし|乃至|または|もしくは|or) ?)"
_COUNT = rf"(?<![0-9{_KANJI}十百千万第⁄何])(?<![0-9][.,:]){_NUMBER}(?:(?:{_TO}|[、,・か]){_NUMBER})?"
_SPLIT = re.compile(rf"{_TO}|[、・か]|(?<![0-9]),|,(?![0-9]{{3}}(?![0-9]))")

# Times --------------------------------------------------------------------------------------------
_MONTH = "[ヶケかカヵ箇個]月"
_HEDGED = (
    "(?:(?:約|およそ|おおよそ|凡そ|大体|だいたい|ざっと|概ね|おおむね|ほぼ|平均(?:して|で|すると|的に)?|丸|まる|小"
    "|合計で?|計|延べ|のべ|トータルで?|最大で?|最長で?|多くて|せいぜい|少なくとも|最低でも|最低"
    "|(?<![分間日hn0-9])[▲△-]|マイナス) ?)"
)
_TAIL = (
    "(?: ?(?:くらい|ぐらい|位(?!置)|程度|程(?!度)|ほど|前後|弱(?![いく点])"
    "|強(?![いく化])|余り|余(?![裕計分白談暇])"
    "|あまり|近く|ちょっと|ばかり|相当|がた|方(?!法)|間"
    "|ずつ|[〜~](?=$|[ 、。)])|以上|超(?!過)|を超え(?:る|て)|以内|以下|未満|もかから(?=[なずん])|足らず))"
)
_AT_LEAST = re.compile("以上|超|少なくとも|最低|[〜~]")
_AT_MOST = re.compile("以内|以下|未満|最大|最長|多くて|せいぜい|もかから")

_COUNTER = (
    "(?:件|回(?!り)|本(?!化)|通(?!り)|枚|頁|ページ|部(?!分)|冊|社|つ|個|問|項目|案件|資料|文書|会議|議事録|原稿|記事"
    "|メール|事例|シート|ファイル|スライド|タスク|作業|業務|処理|依頼|照会|質問|相談|起案|決裁|契約|報告書|レポート"
    "|度|テーマ|答弁|授業|案|文)"
)
_EACH = "(?:あたり|当たり|当り|につき|ごと|毎)"
_AFTER_SLASH = (
    "(?:(?P<{0}day>人?日|day)|(?P<{0}week>週間?|week)|(?P<{0}year>年間?|year)"
    f"|(?P<{{0}}month>{_MONTH}間?|月間?|month)|(?P<{{0}}case>{_COUNTER}))"
    "(?![a-z0-9])(?!(?!程|前後|以|位|弱|強|短縮|削減|減|節約|時短)[一-龠ァ-ヺ])"
)
_PER_AFTER = (
    f"(?: ?[/∕] ?(?:[1一毎] ?)?{_AFTER_SLASH.format('s_')}{_EACH}?に?"
    rf"| ?\( ?(?:[1一毎] ?)?{_AFTER_SLASH.format('p_')}{_EACH}?に? ?\))"
)
_AND_HALF = "半(?![分減額数端角期日年月])"
_NO_FRACTION = f"(?!の[0-9{_KANJI}十])"  # not 3分の1
_TIME = re.compile(
    rf"(?P<lead>{_HEDGED}{{0,3}})(?:(?P<half>半(?:日|時間|月(?!板)|年))|(?P<count>{_COUNT}) ?(?:"
    rf"(?P<hour>時間(?![帯目割外給休差軸内制])|h(?:ours?|rs?)?(?![a-z]))(?:(?P<half_hour>{_AND_HALF})"
    rf"|と? ?(?P<minutes>{_NUMBER}) ?(?:分{_NO_FRACTION}|m(?:in)?(?![a-z])))?"
    rf"|(?P<minute>分{_NO_FRACTION}(?![割野析類担散岐科冊身母解配離子校署室館団譲納裂])|min(?:utes?|s)?(?![a-z]))"
    rf"(?:(?P<half_minute>{_AND_HALF})|(?P<seconds>[0-9]{{1,2}})秒)?"
    r"|(?P<second>秒)"
    r"|(?P<day>営業日|日(?![目付本曜々頃時常記誌報差当]|程(?!度)|数(?![分時秒十])))"
    rf"(?P<half_day>{_AND_HALF})?"
    rf"|(?P<week>週間?(?![目末]))(?P<half_week>{_AND_HALF})?"
    rf"|(?P<month>{_MONTH})(?P<half_month>{_AND_HALF})?"
    rf"|(?P<year>年(?![度生目代末始頃齢版比報次来式製産賞表]))(?P<half_year>{_AND_HALF})?"
    rf"))(?P<tail>{_TAIL}{{0,3}})(?P<per>{_PER_AFTER}{_TAIL}{{0,2}})?"
)
_MINUTES = {
    "second": 1 / 60,
    "minute": 1.0,
    "hour": 60.0,
    **{unit: MINUTES_A_DAY * days for unit, days in WORKING_DAYS.items()},
}
_HALVES = {"半日": "day", "半時間": "hour", "半月": "month", "半年": "year"}

# Words around a time ------------------------------------------------------------------------------
_SENTENCE_END = re.compile(r"[。!?\n]")
_CLAUSE_END = re.compile(r"[。!?\n、,;:()「」『』【】…]|(?<![0-9])\.")
_SAVING = (
    "(?:短縮|削減|時短|節約|圧縮|カット|減|削|浮|うい[たて]|省(?!庁)|短く|短か|早|速|はや[くい]|楽|縮|余裕|ゆとり|空[いくき]"
    "|助か|効率|軽[くい減]|なくな|無くな|不要|お?得[しを]|違[うい]|差(?!し)|セーブ|前倒し|生み出|生まれ|捻出|創出|確保"
    "|低減|抑え|抑制|改善|へら|へり|へっ|少なく|スキップ|(?<=しか)変わ|解放|ダウン|オフ|時間が?(?:でき|取れ|とれ))"
)
_TIME_NOUN = (
    "(?:作業|業務|事務|労働|勤務|超過勤務|超勤|残業|時間外|時間的?な?|所要|待ち|会議|執務|手間|労力|負担|工数|期間|作成|処理"
    "|検索|調査|大幅な?|大きな?|全体|仕事|スピード|相当|程度|くらい|ほど|人件費)"
)
# Straight from a time to its saving: 「の作業時間が短縮」. Particles of aim (に, で) would make it an after.
_SAVED = re.compile(rf"(?:[もはのがを分程、 ]|{_TIME_NOUN}){{0,8}}{_SAVING}")
_BARE = re.compile(
    "(?:分?[はもがの]? ?)(?:$| |[/×x*+])|です|でし[たょ](?!が|けど)|だ(?!け|った[のもとがけ])|である"
    "|[はも]あ(?:る|り|った)(?:$|か|と|気|ます|まし)|か[なもと]|くらいかな|という|といっ|って"
    "|と(?:思|おも|感|考|い[うえ])|[はも](?:$|、)|の(?:効果|感覚|イメージ)|が(?:目安|平均)"
)
_TAKES = re.compile("かか|掛|かけ|懸か|要し|要す|費や|つぶ|潰|悩|唸|うな[りっ]|待[ちったつ]")
_TOOK = re.compile(
    rf"(?:のに|ためには?)$|(?:{_TAKES.pattern})[^、。]{{0,8}}[たる][^、。]{{0,10}}[がをはも]$"
    "|(?:以前|従来|従前|これまで|今まで|いままで|元々|もともと|前|当初|去年|昨年|例年)"
    "(?:だと|[はもにの])[^、。]{0,12}$"
)
_VANISHED = re.compile("なくな|無くな|不要|ゼロ|[0零]に|省け|省略|浮[いくき]|丸ごと|まるごと")
_NOT_A_LENGTH = re.compile(
    "前(?![後倒])|後(?!半)|目|ぶり|おき|置き|ごと|毎(?!日)|刻み|以降|遅れ|経[っちつ]|た[っち]|中(?!心)|じゅう|先|連続|勤務"
    f"|間?隔|単位|コース|休憩|過ぎ|まえ|あと|から(?:開|始|の会)|分(?!$|(?:[のがをはも]|{_TIME_NOUN}){{0,5}}{_SAVING})"
    f"|に[0-9{_KANJI}十]+[回度件]|の(?:会議|打ち?合わ?せ|研修|講[演座義話]"
    "|録音|音声|動画|ミーティング|審議会|委員会|インタビュー"
    "|説明会|セミナー|面談|スピーチ|休憩|映像|テープ|ヒアリング)(?!が|から|→)"
)
_OF_BEFORE = re.compile(
    rf"[0-9{_KANJI}十]月$|時(?:か|を)?$|(?:締め?切り?|期限|〆切|開催|築|創立|令和|平成|昭和|西暦|定年まで"
    "|勤続|あと|残り|午[前後])[はがも:]?$|(?<![人名])[×x*]$"
)
_WORKDAY = re.compile(
    "(?:勤務|休憩|会議|研修|授業|講義|動画|録音|面接|面談|定時|通勤|移動|睡眠|打ち?合わ?せ)(?:時間)?[はが:]$|昼休み[はが:]?$|勤務時間$"
)
_ALWAYS_ON = re.compile("24時間|二十四時間")

_DENIED = re.compile("ない|なかっ|なく|ません|[わらかきえせけめじれ]ず|無い|無理|難し|がた[いく]|ほど遠")
_NOT_DENIED = re.compile(
    "かもしれ(?:ない|ません)|(?:の?では?|じゃ)(?:ない|ありません|なかろう)(?:の?か|で|かと)|だけで(?:は|も)?な[いく]"
    "|違いない|問題ない"
    "|な(?:く|かっ)な[っるりれ]|無くな[っるりれ]|少なく|[なら]なくて?(?:済|す|よ|良|い|も)|申し分ない|はんぱない"
)
_WISH = re.compile(
    "たい(?![しへ])|欲し|ほし[いく]|目標|目指|れば(?:いい|良|よ|嬉|助|と)|たら(?:いい|良|よい|嬉)"
)
_MORE = re.compile(
    "[もはがほど分程の]{0,3}(?:作業|残業|業務|確認|手間|時間|が){0,4}"
    "(?:増|延び|伸び|長く|長い(?!の)|遅く|余計|余分|多く(?:かか|な))|[^、。]{0,12}増え"
)
_MORE_BEFORE = re.compile("かえって|却って|逆に|むしろ|余計|余分|さらに|更に")
_SPENT = re.compile(
    r"(?:[もはがを分の、 ]|余計に|余分に)*(?:かか|掛か|必要|要|(?:時間を)?(?:取|と)られ|費|食[わっう])"
)
_GAINED = re.compile("余裕|ゆとり|空き|自由|余暇|使え|充て|割け|会話|休憩|休み|対話|有効|プライベート")

_ARROW = re.compile(r"→|⇒|➡|⇨|➔|->|=>|>+|━>|ー>|▶|➞|⟶")
_UNITLESS = re.compile(rf"(?<![0-9.,{_KANJI}十百千万])({_NUMBER}) ?(?:{_ARROW.pattern}) ?$")
_TURN = re.compile(
    "(?:る|た|す)(?!ので|ため|から|のに|し[、て])[^、。\n]{0,20}?(?:が|を|は|も|けど|けれど|ところ|、|$)"
)
_EFFORT = re.compile(
    f"{_TAKES.pattern}|必要|だっ|でし|やっ|して|使|こも|探|作[っる]|割い|[取とト]ら?[れっ]|読み合わ|書|調べ"
)
_TURNS = re.compile(
    "(?:の?(?:もの)?(?!、)[^、。\n\\(\\)/がをにではも→]{0,14})?(?:が|を|から|より)、?[^、。\n]{0,18}$"
)
_PLACE = re.compile("(?:の|する|した|な)?(?:ところ|所)(?:が|を|、)?[^、。\n]{0,18}$")
_ONCE = re.compile(
    "(?:before|以前|前|従来|従前|これまで|今まで|いままで|元々|もともと|本来|通常|普通|当初|去年|昨年|例年|前回|前年"
    "|手作業|手動|手書き|自力|人手|人力|自分|手"
    "|なし|無し|使わな[^、。]{0,6})(?:だと|なら|では|まで|は|で|に|も|の|と|が|:|やると|作ると|作成すると)?[^、。]{0,16}$"
)
_NOW = re.compile(
    "after|今|それが|いま|現在|現状|ai|生成|chatgpt|gpt|copilot|gemini|claude|使[うえっ]|導入後|利用後|使用後|後[はで:]|マクロ"
)
_WAS = re.compile(
    "(?:以前|前|従来|従前|これまで|今まで|元々|もともと|本来|通常|元|手作業|自力|人手|手)"
    "(?:は|だと|の|も|なら|では|:)?(?:だいたい)?$"
)
_MORE_NOW = re.compile("(?:も|ほど|分)?(?:増え|増加|延び|余計|長く)")
_GREW = re.compile("(?:に|へ|まで|も)(?:な[っり]|増|延び|伸び|かか)")
_INTO = re.compile("(?:に|へ|まで|で(?!す))")

# Per what, before the time ------------------------------------------------------------------------
_PARTICLE = f"(?:{_EACH}で?に?|に|で|の|は|平均|間)?"
_NOT_LAST = f"(?<![0-9{_KANJI}十去今来昨半本毎先当同翌前後休祝平末曜隔数何近生定周])"
_PER_BEFORE = re.compile(
    rf"(?P<day>毎[日朝晩夕]|日々|{_NOT_LAST}日(?:{_EACH}|に|平均|(?= ?{_HEDGED}*$))"
    rf"|(?<![0-9月]|[{_KANJI}十])[1一] ?日(?!目){_PARTICLE})"
    rf"|(?P<week>毎週|{_NOT_LAST}週間?(?:{_EACH}|[にで]|平均|(?=[1一][回度]| ?{_HEDGED}*$))"
    rf"|(?<![0-9]|[{_KANJI}十])[1一] ?週間?{_PARTICLE})"
    rf"|(?P<month>毎月|ひと月|月間|{_NOT_LAST}月(?:{_EACH}|[にで]|平均|(?=[1一][回度]| ?{_HEDGED}*$))"
    rf"|(?<![0-9]|[{_KANJI}十])[1一] ?(?:{_MONTH}|月(?={_EACH})){_PARTICLE})"
    rf"|(?P<year>毎年|{_NOT_LAST}年度?(?:間|{_EACH}|[にで]|平均|(?=[1一][回度]| ?{_HEDGED}*$))"
    rf"|(?<![0-9]|[{_KANJI}十])[1一] ?年間?{_PARTICLE})"
    rf"|(?P<case>毎[回度]|都度|(?<![0-9.]|[{_KANJI}十])(?:[1一] ?(?!部の){_COUNTER}|ひとつ)"
    "|(?<![日週月年])(?:ごと|毎)に)"
)
_FOR_EACH = re.compile(f"[1一][^、。]{{1,6}}{_EACH}")
_PER_END = re.compile(rf"^\)?(?:{_EACH}で?に?|で|に|は|として|の場合)?[、:]? ?")
_OFTEN = re.compile(f"[1一] ?[回度]|(?:[0-9]|[{_KANJI}])+[回度]")
_PEOPLE = re.compile(rf"({_NUMBER}) ?[人名](?:で|がかり|分|×|の職員|体制)")
_PEOPLE_AFTER = re.compile(rf" ?[(×x*/]? ?({_NUMBER}) ?[人名](?:で|分|$|\)|/| )")

# Ratios -------------------------------------------------------------------------------------------
_PERCENT = "(?:割|%|パーセント)"
_RATIO = re.compile(
    rf"(?P<lead>{_HEDGED}{{0,3}})(?:(?P<percent>{_COUNT} ?{_PERCENT}(?:{_TO}{_NUMBER} ?{_PERCENT})?)"
    rf"(?P<point>[0-9{_KANJI}]分)?"
    rf"|(?P<whole>{_COUNT}) ?分の ?(?P<part>[0-9]{{1,3}}|[{_KANJI}十]{{1,3}})"
    r"|(?<![0-9/])(?P<top>[0-9]{1,3})[/∕⁄](?P<bottom>[0-9]{1,3})(?![0-9/])"
    rf"|(?P<half>半分|半減)|(?P<times>{_COUNT} ?)?(?<![一二])倍)(?P<tail>{_TAIL}{{0,3}})"
)
_LEFT = re.compile(  # 「2割程度に短縮」: what is left
    "の(?:作業|業務|所要|処理)?(?:時間|期間|労力|手間|工数|日数)(?:[でにへ]|$)"
    "|(?:の(?:作業|業務|所要)?(?:時間|期間))?(?:に|へ|まで)"
    "(?:まで|も)?(?:[^、。\n]{0,8}?(?:な[っりる]|短縮|減(?:[っらりる少]|$)|削減|縮|圧縮|抑|収|落|軽減|カット|短く|済)|$|、)"
    "|で(?:済|す[むん]|終|でき|完了|仕上|処理)"
)
_GONE = re.compile(
    rf"(?:[のもはがを分程、 ]|{_TIME_NOUN}|時間){{0,6}}"
    f"(?!違|差|空|生|確保|得|改善|助|なくな|無くな|削[っりる]){_SAVING}|(?:off|down)"
)
_GONE_BEFORE = re.compile(
    "(?:体感|短縮|削減|減少|時短|節約|効率化|カット|圧縮)(?:率|効果|割合|幅|量)?(?:した|できた)?"
    "(?:は|が|で|に|の|:|[(]|として|、| )*$"
)
_FASTER = re.compile("(?:[のはもに分、 ]|くらい)*(?:速|早|はや[いくさ]|スピード|効率|生産性|能率|はかど|捗)")
_SPEED = re.compile(
    "(?:スピード|速度|効率|生産性|速さ|早さ|能率|ペース)(?:性|化)?(?:が|は|も|を|で|:)?(?:体感で)?(?:以前の|従来の)?$"
)
_UP = re.compile("(?:に|へ|$|です|だ|、|アップ|向上|くらい|と|は)")
_LASTING = re.compile(
    "(?:時間|期間|工数|手間|労力|日数|時数|体感)(?:が|は|も|で|では|:)?(?:以前の|従来の|これまでの)?$"
)
_NOT_TIME = re.compile(
    "(?:件数|枚数|ページ数?|頁数?|文字数?|字数|分量|(?<!業務)(?<!仕事)(?<!作業)量|額|費用?|経費|予算|人数|人員|ミス|誤字|赤|合わせ"
    "|コスト|紙|用紙|a[0-9]|精度|効果|価[格値]|料金|点数|誤り|クレーム|苦情|縮尺|自信|意味|価値|魅力|電話|言い方|残り)"
    "(?:が|は|を|も|の)?$"
)


@dataclass(frozen=True)
class Saving:
    """One statement of a text about time saved.

    Attributes:
        kind: ``"amount"``, a time; ``"change"``, before and after; ``"ratio"``, a share of the time.
        low: the least that was saved: minutes of work, or for a ratio a share from 0 to 1. Negative
            minutes are time lost.
        high: the most, equal to ``low`` for a single value; None where the text names no upper end.
        before: for a change the minutes it took, least and most; else None.
        after: for a change the minutes it takes now; else None.
        per: ``"day"``, ``"week"``, ``"month"``, ``"year"``, ``"case"``, or ``""`` if the text does not say.
        people: how many people the time was saved by together, if the text says several. Nothing is
            multiplied by it.
        text: the words it was read from.
        start: where they begin in the text.
        end: where they end.

    """

    kind: Kind
    low: float
    high: float | None
    before: Bounds | None
    after: Bounds | None
    per: str
    people: float | None
    text: str
    start: int
    end: int

    @property
    def minutes_a_day(self) -> Bounds | None:
        """Minutes saved in a working day, least and most; None for a ratio and without a period."""
        if self.kind == "ratio" or self.per not in WORKING_DAYS:
            return None
        days = WORKING_DAYS[self.per]
        return self.low / days, None if self.high is None else self.high / days


class _Time(NamedTuple):
    """A length of time in the folded text, in minutes of work."""

    start: int
    end: int
    low: float
    high: float | None
    unit: str
    per: str
    words: str

    @property
    def long(self) -> bool:
        return self.unit in WORKING_DAYS

    @property
    def may_be_period(self) -> bool:
        unit = _MINUTES[self.unit]
        return self.long and self.low in (0, unit) and self.high in (None, unit)


def read_durations(text: str) -> list[Saving]:
    """Return the statements of a text about time saved, in its order.

    Ranges stay ranges; 以上 leaves ``high`` open, 以内 and 最大 begin at 0; 約 and くらい change nothing.
    Days and longer are converted by working time. What is denied, wished for, dated, or only the length of
    something is left out.
    """
    folded, places = _fold(text)
    found = [*_ratios(folded), *_time_savings(folded)]
    return [_placed(saving, text, places) for saving in sorted(found, key=lambda s: s.start)]


def _fold(text: str) -> tuple[str, list[tuple[int, int]]]:
    """Fold width, case and blanks; give for each character of the result its place in the text.

    Not ``text.normalize``: it rewrites spellings, and the place of a word would be a guess.
    """
    letters: list[str] = []
    places: list[tuple[int, int]] = []
    for match in re.finditer(r".[\u3099\u309a\uff9e\uff9f]?", text, re.DOTALL):
        folded = unicodedata.normalize("NFKC", match.group()).lower()
        if unicodedata.decomposition(match[0][0]).startswith("<circle>"):  # ① numbers a list
            folded = "・"
        if folded != "\n" and (folded.isspace() or unicodedata.category(folded[0]) in ("Cc", "Cf")):
            folded = " " if letters and letters[-1] not in " \n" and folded.isspace() else ""
        letters.extend(folded)
        places.extend([match.span()] * len(folded))
    return "".join(letters), places


def _placed(saving: Saving, text: str, places: list[tuple[int, int]]) -> Saving:
    start, end = places[saving.start][0], places[saving.end - 1][1]
    return replace(saving, text=text[start:end], start=start, end=end)


def _number(word: str) -> tuple[float, float]:
    """Return the least and the most that a numeral means: 十五, 1.5, 数十."""
    if "数" in word:
        base, _, power = word.partition("数")
        low, high = (n * _POWERS.get(power, 1) for n in SEVERAL)
        return (low + _single(base), high + _single(base)) if base else (low, high)
    return _single(word), _single(word)


def _single(word: str) -> float:
    digits = word.replace(",", "").rstrip("百千万")
    if digits and digits[0] in "0123456789":
        return float(digits) * _POWERS.get(word[-1], 1)
    total = part = number = 0
    for char in word:
        if char in _KANJI:
            number = 10 * number + _KANJI.index(char)
        elif char == "万":
            total, part, number = (total + part + number or 1) * 10000, 0, 0
        else:
            part, number = part + (number or 1) * _POWERS[char], 0
    return float(total + part + number)


def _count(words: str) -> tuple[float, float]:
    """Return the least and the most of a count: 30, 1〜2, 二、三十, 二三."""
    parts = [part for part in _SPLIT.split(words) if part]
    if len(parts) == 1:
        if len(words) == 2 and words in _KANJI[1:]:  # 二三日
            return _single(words[0]), _single(words[1])
        return _number(words)
    (low, _), (second, high) = _number(parts[0]), _number(parts[-1])
    if not re.search(_TO, words):  # 2、3時間, 二、三十分, 十五、六分; else two numbers that happen to meet
        while second >= 10 * (low + 1) and second % 10 == 0 and low:
            low *= 10
        if second < low and low % 10 + 1 == second:
            second = high = low + 1
        if not low < second <= 2 * low + 1:
            return second, high
    return (low, high) if low < high else (second, high)


def _bounded(low: float, high: float, words: str) -> Bounds:
    if _AT_LEAST.search(words):
        return low, None
    return (0.0, high) if _AT_MOST.search(words) else (low, high)


def _before(folded: str, at: int, ends: re.Pattern[str]) -> str:
    """Return what stands before a place, back to a mark that ends a clause or a sentence."""
    window = folded[max(0, at - _BEFORE_CHARS) : at]
    last = 0
    for match in ends.finditer(window):
        last = match.end()
    return window[last:]


def _told(folded: str, at: int, free: int) -> str:
    """Return what the sentence says before a place, after what an earlier statement took."""
    window = _before(folded, at, _SENTENCE_END)
    return window[max(0, len(window) - max(0, at - free)) :]


def _after(folded: str, at: int) -> str:
    """Return what stands after a place in its clause."""
    window = folded[at : at + _AFTER_CHARS]
    end = _CLAUSE_END.search(window)
    return window[: end.start()] if end else window


def _denied(after: str) -> bool:
    if after.startswith("しか"):  # 「30分しか短縮できない」 is 30 minutes
        return False
    return bool(_DENIED.search(_NOT_DENIED.sub("", after)))


def _times(folded: str) -> list[_Time]:
    """Return the lengths of time; not clock times, dates, ages and the like."""
    times: list[_Time] = []
    for match in _TIME.finditer(folded):
        before, after = folded[max(0, match.start() - 8) : match.start()], _after(folded, match.end())
        if _OF_BEFORE.search(before) or _NOT_A_LENGTH.match(after) or not _means_time(match, before, after):
            continue
        time = _measured(match)
        times.extend(_unitless(time, before))
        if time.unit != "year" or time.low < 100 * _MINUTES["year"]:
            times.append(time)
    return _ranges(times, folded)


def _unitless(time: _Time, before: str) -> Iterator[_Time]:
    """Give the number before an arrow the unit of the time after it: 「30→10分」."""
    if match := _UNITLESS.search(before):
        low, high = (number * _MINUTES[time.unit] for number in _number(match[1]))
        offset = time.start - len(before)
        yield _Time(offset + match.start(), offset + match.end(1), low, high, time.unit, "", "")


def _means_time(match: re.Match[str], before: str, after: str) -> bool:
    """Tell ten minutes from 十分, which mostly means: enough."""
    if match["count"] != "十" or not match["minute"] or match["tail"] or match["per"] or match["lead"]:
        return True
    period = _PER_BEFORE.search(before)
    turn = re.search(r"(?:[がを]|→|ら|、?今は)$", before)
    return bool((period and period.end() == len(before)) or (turn and not after.startswith("な")))


def _measured(match: re.Match[str]) -> _Time:
    unit = _HALVES[match["half"]] if match["half"] else str(_unit(match))
    minutes = _MINUTES[unit]
    low, high = (0.5, 0.5) if match["half"] else _count(match["count"])
    more = 0.5 * minutes if match.groupdict().get(f"half_{unit}") else 0.0
    if match["minutes"]:
        more = _number(match["minutes"])[1]
    if match["seconds"]:
        more = int(match["seconds"]) / 60
    words = match["lead"] + match["tail"] + (match["per"] or "")
    bounds = _bounded(low * minutes + more, high * minutes + more, words)
    return _Time(*match.span(), *bounds, unit, _per_after(match), words)


def _with_words(time: _Time, words: str) -> _Time:
    low, high = _bounded(time.low, time.low if time.high is None else time.high, words + time.words)
    return time._replace(low=low, high=high)


def _unit(match: re.Match[str]) -> str | None:
    return next((unit for unit in _MINUTES if match[unit]), None)


def _per_after(match: re.Match[str]) -> str:
    periods = (*WORKING_DAYS, "case")
    return next((per for per in periods if match[f"s_{per}"] or match[f"p_{per}"]), "")


def _ranges(times: list[_Time], folded: str) -> list[_Time]:
    """Join the two ends of a range: 30分〜1時間. From more to less by から is a change, and left."""
    joined: list[_Time] = []
    for time in times:
        last = joined[-1] if joined else None
        if last and _is_range(last, time, folded):
            joined[-1] = last._replace(
                end=time.end,
                low=min(last.low, time.low) or last.low,
                high=time.high if time.high is None else max(last.high or 0, time.high),
                unit=time.unit,
                per=last.per or time.per,
                words=last.words + time.words,
            )
        else:
            joined.append(time)
    return joined


def _is_range(first: _Time, second: _Time, folded: str) -> bool:
    between = folded[first.end : second.start]
    if between in ("", "、"):  # 「5分10分」, 「1時間以上2時間未満」
        open_ended = first.high is None and second.low == 0 and second.high is not None
        return open_ended or (first.unit == second.unit and 0 < first.low < second.low)
    if not re.fullmatch(_TO, between):
        return False
    if "から" not in between:
        return True
    return first.low < second.low and not _INTO.match(folded, second.end)


def _time_savings(folded: str) -> Iterator[Saving]:
    times = _times(folded)
    free = 0  # where the last statement ended; what stands before belongs to it
    at = 0
    while at < len(times):
        time = times[at]
        following = times[at + 1] if at + 1 < len(times) else None
        gap = folded[time.end : following.start] if following else ""
        at += 1
        if following and (changed := _change(folded, time, following, gap)):
            if not _starts_anew(folded, times, at, gap):
                at += 1
                if not _denied(_after(folded, following.end)):
                    yield _finished(folded, changed, free, time.start)
                free = following.end
                continue
        elif following and _is_period(time, gap):
            times[at] = _with_words(following, time.words)  # 「最大1日1時間」
            continue
        if amount := _amount(folded, time, free):
            yield _finished(folded, amount, free, time.start)
        free = time.end


def _starts_anew(folded: str, times: list[_Time], at: int, gap: str) -> bool:
    """Tell whether a time is the before of the next one: 「作るのに三日かかったが、四十分が二分になった」."""
    if at + 1 >= len(times) or _TURNS.match(gap) or _ARROW.search(gap):
        return False
    onward = folded[times[at].end : times[at + 1].start]
    turns = _TURNS.match(onward) or _ARROW.match(onward)
    return bool(turns and _change(folded, times[at], times[at + 1], onward))


def _is_period(time: _Time, gap: str) -> bool:
    """Tell whether 1日 says per what the next time is: 「1日30分」."""
    if not time.may_be_period or time.per or len(gap) > 30 or gap.startswith("と") or _TAKES.search(gap):
        return False
    return bool(re.fullmatch(f"{_PARTICLE}[、:] ?", gap) or not _CLAUSE_END.search(gap))


def _change(folded: str, first: _Time, second: _Time, gap: str) -> Saving | None:
    after = _after(folded, second.end)
    if len(gap) > _GAP_CHARS or _SAVED.match(after) or _MORE_NOW.match(after):
        return None
    before = _before(folded, first.start, _SENTENCE_END)
    arrow = _ARROW.search(gap)
    if arrow and "。" not in gap and arrow.start() <= 20 and len(gap) - arrow.end() <= 20:
        return _changed(first, second)
    if (first.low > second.low or _GREW.match(after)) and _turns_over(before, gap, after):
        return _changed(first, second)
    # 「30分で済む(以前は2時間)」
    backwards = len(gap) <= 20 and first.low < second.low and not _SAVED.match(_after(folded, first.end))
    if backwards and _WAS.search(_before(folded, second.start, _CLAUSE_END)):
        return _changed(second, first)
    return None


def _turns_over(before: str, gap: str, after: str) -> bool:
    """Tell whether a gap leads from how long it took to how long it takes now."""
    if _TAKES.match(after) and not _NOW.search(gap):
        return False
    if _ONCE.search(before) and _NOW.search(gap):
        return True
    sentence = _SENTENCE_END.search(gap)
    effort = _EFFORT.search(gap)
    if sentence:
        spent = effort and "た" in gap[effort.end() : sentence.start()]
        return bool(spent and _NOW.search(gap, sentence.end()))
    if _TURNS.match(gap) or _PLACE.match(gap):
        return True
    turns = effort and (_TURN.search(gap, effort.end()) or re.search("たのに、?今", gap[effort.end() :]))
    return bool(effort and effort.start() <= 15 and turns)


def _changed(before: _Time, after: _Time) -> Saving:
    """Return before less after. An open end of the time it takes now is not known, so its low end counts."""
    most_after = after.low if after.high is None else after.high
    low, high = before.low - most_after, None if before.high is None else before.high - after.low
    start, end = min(before.start, after.start), max(before.end, after.end)
    spans = (before.low, before.high), (after.low, after.high)
    return Saving("change", low, high, *spans, after.per or before.per, None, "", start, end)


def _amount(folded: str, time: _Time, free: int) -> Saving | None:
    after = _after(folded, time.end)
    clause = _before(folded, time.start, _CLAUSE_END)
    if _denied(after) or _WISH.search(after):
        return None
    bounds: Bounds = (time.low, time.high)
    if time.unit != "year" and _is_more(_told(folded, time.start, free), after):
        # Time lost, so the most of it is the least that was saved.
        bounds = (-time.low if time.high is None else -time.high, -time.low)
    elif not _is_saved(folded, time, clause, after):
        return None
    return Saving("amount", *bounds, None, None, time.per, None, "", time.start, time.end)


def _is_more(told: str, after: str) -> bool:
    if _GAINED.search(told) or _GAINED.search(after):
        return False
    if _MORE.match(after):
        return True
    if re.search("(?:余計|余分)に?(?:約|も|は)?$", told) and _BARE.match(after):
        return True
    return bool(_MORE_BEFORE.search(told) and _SPENT.match(after))


def _is_saved(folded: str, time: _Time, clause: str, after: str) -> bool:
    if _SAVED.match(after) or (after.startswith(("増", "多く", "長く")) and _GAINED.search(clause)):
        return True
    if _BARE.match(after):
        return _stands_alone(folded, time, clause)
    if taking := _TAKES.search(after[:14]):
        return bool(not after.startswith("らな", taking.end()) and _VANISHED.search(after))
    if time.long or _INTO.match(after) or after.startswith("の"):
        return False
    return bool(re.search(_SAVING, after))


def _stands_alone(folded: str, time: _Time, clause: str) -> bool:
    """Tell whether a time that nothing follows is an answer by itself, and not how long something took."""
    period = time.per or _period(clause)
    if any(words.search(clause) for words in (_TOOK, _WORKDAY)) or _ARROW.search(clause[-2:]):
        return False
    if clause.endswith(("に", "まで")) and not period:
        return False
    if time.long:
        answers = not clause.strip() or re.search(f"(?:[はで]|{_SAVING}[^、。]{{0,4}})$", clause)
        return bool(time.unit != "year" and (period or answers))
    return bool(period or not _ALWAYS_ON.search(folded, time.start, time.end))


def _finished(folded: str, saving: Saving, free: int, start: int) -> Saving:
    """Add per what and by how many people, as the words before and after the time say."""
    window = _told(folded, start, free)
    period = _period(window)
    per = saving.per or (period[0] if period else "")
    begin = start - len(window) + period[1] if period and not saving.per else saving.start
    return replace(
        saving, per=per, people=_people(window, folded, saving.end), start=min(begin, saving.start)
    )


def _period(window: str) -> tuple[str, int] | None:
    """Return per what, and where it says so, from the words before a time."""
    found: tuple[str, int] | None = None
    for match in _PER_BEFORE.finditer(window):
        per = str(match.lastgroup)
        rest = window[match.end() :]
        if _CLAUSE_END.search(_PER_END.sub("", rest)):
            continue
        often = per == "case" and _OFTEN.match(match.group())
        if not (often and found and found[0] != "case" and match.start() - found[1] <= 6):  # 週に1回
            found = (per, match.start())
    return found


def _people(window: str, folded: str, end: int) -> float | None:
    matches = list(_PEOPLE.finditer(window))
    match = matches[-1] if matches else _PEOPLE_AFTER.match(folded[end : end + 12])
    people = _number(match[1])[0] if match else 0
    return people if people >= 2 else None


def _ratios(folded: str) -> Iterator[Saving]:
    for match in _RATIO.finditer(folded):
        after = _after(folded, match.end())
        before = _before(folded, match.start(), _CLAUSE_END)
        if _NOT_TIME.search(before) or _denied(after) or _WISH.search(after):
            continue
        if "倍" in match[0]:
            share = _speed_share(match, before, after)
        else:
            share = _time_share(match, folded, before, after)
        if share and 0 <= share[0] <= 1 and (share[1] is None or share[0] <= share[1] <= 1):
            # 「1件あたり3割短縮」; but 「1日の作業が半分」 is half of it whatever the period
            period = _period(before) if _FOR_EACH.search(before) else None
            yield Saving("ratio", *share, None, None, period[0] if period else "", None, "", *match.span())


def _speed_share(match: re.Match[str], before: str, after: str) -> Bounds | None:
    """Return the share of time saved by working n times as fast: 1 - 1/n."""
    if not (_FASTER.match(after) or (_SPEED.search(before) and _UP.match(after))):
        return None
    low, high = _count(match["times"].strip()) if match["times"] else (2.0, 2.0)
    if low < 1:
        return None
    return _bounded(1 - 1 / low, 1 - 1 / high, match["lead"] + match["tail"])


def _time_share(match: re.Match[str], folded: str, before: str, after: str) -> Bounds | None:
    fraction = _fraction(match)
    if fraction is None:
        return None
    words = match["lead"] + match["tail"]
    if match["half"] == "半減":
        return fraction
    # 「3分の1」 as the whole answer is about the time asked for; 「50分の1」 is a scale.
    few = match["whole"] is None or _count(match["whole"])[1] <= 10
    lasting = (
        not match["percent"] and _BARE.match(after) and (_LASTING.search(before) or (few and not before))
    )
    if _LEFT.match(after) or lasting:
        low, high = 1 - fraction[1], 1 - fraction[0]
        if _AT_MOST.search(words):
            return low, None
        return (0.0, high) if _AT_LEAST.search(words) else (low, high)
    told = folded[max(0, match.start() - 14) : match.start()]
    if _GONE.match(after) or (_BARE.match(after) and _GONE_BEFORE.search(told)):
        return _bounded(*fraction, words)
    return None


def _fraction(match: re.Match[str]) -> tuple[float, float] | None:
    if match["half"]:
        return 0.5, 0.5
    if match["percent"]:
        scale = 10 if "割" in match["percent"] else 100
        low, high = _count(re.sub(f" ?{_PERCENT}", "", match["percent"]))
        more = _number(match["point"][0])[0] / 100 if match["point"] else 0.0
        return low / scale + more, high / scale + more
    top, bottom = (match["part"], match["whole"]) if match["part"] else (match["top"], match["bottom"])
    low, high = _count(bottom)
    return (_number(top)[0] / high, _number(top)[0] / low) if low else None
