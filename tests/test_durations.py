import csv
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from comment_classifier.durations import MINUTES_A_DAY, Saving, read_durations
from comment_classifier.savings import summarise_savings
from conftest import ROOT

DAY = MINUTES_A_DAY
EXAM = ROOT / "tests" / "data" / "time_expressions.csv"

# text, low, high, per
AMOUNTS = [
    ("1日30分", 30, 30, "day"),
    ("1 日　３０ 分", 30, 30, "day"),
    ("1日あたり、約20分の時短", 20, 20, "day"),
    ("最大1日1時間", 0, 60, "day"),
    ("一日に一時間半くらい早く帰れる", 90, 90, "day"),
    ("毎日の議事録作成が30分短縮", 30, 30, "day"),
    ("週に2時間くらい", 120, 120, "week"),
    ("週1回2時間", 120, 120, "week"),
    ("週に１～２時間", 60, 120, "week"),
    ("残業が月２０時間程度減った", 1200, 1200, "month"),
    ("月に半日", DAY / 2, DAY / 2, "month"),
    ("1か月で5時間", 300, 300, "month"),
    ("年間1,000時間の削減", 60000, 60000, "year"),
    ("２時間/件", 120, 120, "case"),
    ("１０分／回程度", 10, 10, "case"),
    ("1ページ5分", 5, 5, "case"),
    ("資料1つにつき2時間", 120, 120, "case"),
    ("一本あたり三十分の時短", 30, 30, "case"),
    ("会議ごとに30分", 30, 30, "case"),
    ("毎回15分くらい唸ってたのがなくなった", 15, 15, "case"),
    ("30分～1時間", 30, 60, ""),
    ("30分から1時間程度短縮", 30, 60, ""),
    ("2、3時間", 120, 180, ""),
    ("二、三時間", 120, 180, ""),
    ("二三日短縮", 2 * DAY, 3 * DAY, ""),
    ("5分10分の短縮", 5, 10, ""),
    ("1時間以上", 60, None, ""),
    ("1時間以上2時間未満", 60, 120, ""),
    ("30分以内", 0, 30, ""),
    ("30分未満の短縮", 0, 30, ""),
    ("三十分", 30, 30, ""),
    ("百二十分", 120, 120, ""),
    ("数時間", 180, 360, ""),
    ("数十分", 30, 60, ""),
    ("１．５ｈ", 90, 90, ""),
    ("1時間30分", 90, 90, ""),
    ("1時間半", 90, 90, ""),
    ("半時間", 30, 30, ""),
    ("90秒", 1.5, 1.5, ""),
    ("半日くらい浮いた", DAY / 2, DAY / 2, ""),
    ("1日短縮", DAY, DAY, ""),
    ("2日分の作業が浮いた", 2 * DAY, 2 * DAY, ""),
    ("納期が1週間短縮", 5 * DAY, 5 * DAY, ""),
    ("1ヶ月短縮", 20 * DAY, 20 * DAY, ""),
    ("2時間かかっていた作業が1時間短縮された", 60, 60, ""),
    ("30分しか短縮できない", 30, 30, ""),
    ("空き時間が30分増えた", 30, 30, ""),
    ("▲30分", 30, 30, ""),
    ("かえって30分増えた", -30, -30, ""),
    ("余計に1時間かかった", -60, -60, ""),
    ("1件あたり5分余計にかかる", -5, -5, "case"),
    ("余計に30分～1時間かかる", -60, -30, ""),
]

# text, low, high, per
CHANGES = [
    ("３時間→３０分", 150, 150, ""),
    ("30→10分", 20, 20, ""),
    ("半日が1時間で", DAY / 2 - 60, DAY / 2 - 60, ""),
    ("3日かかっていたものが半日で済む", 2.5 * DAY, 2.5 * DAY, ""),
    ("1日かかっていた資料が1時間", DAY - 60, DAY - 60, ""),
    ("1日が30分に", DAY - 30, DAY - 30, ""),
    ("1日1時間の作業が10分に", 50, 50, "day"),
    ("一件十分が二分", 8, 8, "case"),
    ("30分→5分/件", 25, 25, "case"),
    ("2～3時間かかっていたものが30分に", 90, 150, ""),
    ("2時間以上かかっていたのが30分", 90, None, ""),
    ("以前は3時間かかっていた。今は30分。", 150, 150, ""),
    ("前は丸二日、今は半日弱", 1.5 * DAY, 1.5 * DAY, ""),
    ("30分に短縮（従来は2時間）", 90, 90, ""),
    ("通常1時間のところ15分", 45, 45, ""),
    ("30分から1時間に増えた", -30, -30, ""),
]

# text, low, high
RATIOS = [
    ("8割減", 0.8, 0.8),
    ("半分になった", 0.5, 0.5),
    ("作業時間の半減", 0.5, 0.5),
    ("3分の1になった", 2 / 3, 2 / 3),
    ("作業時間が1/3に", 2 / 3, 2 / 3),
    ("3分の2削減", 2 / 3, 2 / 3),
    ("50%削減", 0.5, 0.5),
    ("2〜3割短縮", 0.2, 0.3),
    ("8割以上削減", 0.8, None),
    ("半分以下の時間で", 0.5, None),
    ("2割程度に短縮", 0.8, 0.8),
    ("2倍速い", 0.5, 0.5),
    ("倍の速さで終わる", 0.5, 0.5),
    ("作業スピードが3倍になった", 2 / 3, 2 / 3),
    ("削減率は約40％", 0.4, 0.4),
    ("体感で2割程度", 0.2, 0.2),
]

NOTHING = """
特になし|9時30分|10時から|8:30～17:15|3日に締切|毎月5日に提出|4月3日に提出|2024年4月|1年目|使い始めて1年|30分後|2年前
30分おきに|3回|5人|45歳です|50代|5000円|10ページの資料|50分の1|縮尺50分の1の図面|24時間いつでも|24時間対応|1日中|1日1回使う
2時間の会議の議事録|30分の研修動画|勤務時間は8時間|5分で終わるようになった|30分くらいかかる|以前は3時間|十分に役立っている
短縮されていない|30分も変わらない|時間は減っていない|30分も短縮されず|2時間が1時間になったわけではない|半分になっていない|8割減とはいかない
30分短縮したい|2割増えた|2倍の量|文字数が半分になった|半分は使えない|2割の職員が使っている|2年分のデータ|年に何十時間浮くか
""".replace("\n", "|").strip("|")


def the_one(text: str) -> Saving:
    found = read_durations(text)
    assert len(found) == 1, found
    return found[0]


@pytest.mark.parametrize(("text", "low", "high", "per"), AMOUNTS)
def test_amounts(text, low, high, per):
    saving = the_one(text)
    assert (saving.kind, saving.low, saving.high, saving.per) == ("amount", low, high, per)
    assert saving.before is saving.after is None


@pytest.mark.parametrize(("text", "low", "high", "per"), CHANGES)
def test_changes(text, low, high, per):
    saving = the_one(text)
    assert (saving.kind, saving.low, saving.high, saving.per) == ("change", low, high, per)
    assert saving.before[0] - saving.after[1] == low


@pytest.mark.parametrize(("text", "low", "high"), RATIOS)
def test_ratios(text, low, high):
    saving = the_one(text)
    assert (saving.kind, saving.low, saving.high) == (
        "ratio",
        pytest.approx(low),
        high and pytest.approx(high),
    )
    assert saving.minutes_a_day is None


@pytest.mark.parametrize("text", NOTHING.split("|"))
def test_nothing_is_saved(text):
    assert read_durations(text) == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("議事録は2時間/件、アイデア出しは30分/件", [(120, "case"), (30, "case")]),
        ("5分/件(年間100時間)", [(5, "case"), (6000, "year")]),
        ("要約は1日30分、翻訳は週1時間", [(30, "day"), (60, "week")]),
        ("2時間から30分（75%削減）", [(90, ""), (0.75, "")]),
        ("議事録：2時間→30分、メール：15分→5分", [(90, ""), (10, "")]),
        ("30分短縮できたが、確認作業が10分増えた", [(30, ""), (-10, "")]),
        ("作るのに三日かかったけど、毎週四十分が二分になった", [(38, "week")]),
    ],
)
def test_several_statements(text, found):
    assert [(s.low, s.per) for s in read_durations(text)] == found


def test_people_are_kept_and_not_multiplied():
    saving = the_one("5人で月10時間")
    assert (saving.people, saving.low) == (5, 600)
    assert the_one("二人で半日かけていたのが、1時間").people == 2
    assert the_one("一人で1日30分").people is None


def test_minutes_a_day():
    assert the_one("1日30分").minutes_a_day == (30, 30)
    assert the_one("週に1時間以上").minutes_a_day == (12, None)
    assert the_one("月に10時間").minutes_a_day == (30, 30)
    assert the_one("年間100時間").minutes_a_day == (25, 25)
    assert the_one("毎週2時間→1時間").minutes_a_day == (12, 12)
    assert the_one("30分/件").minutes_a_day is None
    assert the_one("30分").minutes_a_day is None


def test_places_are_those_of_the_text_as_written():
    text = "ﾊﾞｯﾁで　 ①議事録\u200bが、週 ２時間ほど短縮"
    saving = the_one(text)
    assert text[saving.start : saving.end] == saving.text == "週 ２時間ほど"


LETTERS = "0123456789一二十百万数半分時日週年割倍%の/→〜~-、。,.（）()件回人で毎からも何①½ﾊﾞ\ud800\u200b\n "
WORDS = [
    "時間",
    "分の",
    "1日",
    "半日",
    "ヶ月",
    "かかっていた",
    "今は",
    "短縮",
    "増え",
    "ない",
    "3分の1",
    "以上",
    "最大",
]
PIECES = st.sampled_from([*LETTERS, *WORDS])


@settings(max_examples=10_000, deadline=None)
@given(st.one_of(st.text(max_size=60), st.lists(PIECES, max_size=30).map("".join)))
def test_any_text_gives_a_list(text):
    for saving in read_durations(text):
        assert text[saving.start : saving.end] == saving.text != ""
        assert math.isfinite(saving.low)
        assert saving.high is None or saving.low <= saving.high + 1e-9
        assert saving.kind != "ratio" or 0 <= saving.low <= (saving.high or 1) <= 1


@pytest.mark.parametrize(
    "piece", ["1日30分", "3時間→30分、", "1", "1、", "十", "数", "半日かかっていた", "毎日", "から", " "]
)
def test_a_long_text_takes_time_in_proportion(piece):
    read_durations(piece * (50_000 // len(piece)))


def test_summary_by_category():
    texts = ["1日30分、月10時間", "週に2時間", "30分/件", "8割減", "特になし", "1件10分から20分"]
    labels = [("a", "b"), ("a",), ("b",), ("b",), (), ("b",)]
    table = summarise_savings(texts, labels, {"a": "要約", "b": "検索", "c": "翻訳"})
    assert list(table.index) == ["a", "b", "c", "all"]
    assert list(table["comments"]) == [2, 4, 0, 6]
    assert list(table["with_time"]) == [2, 4, 0, 5]
    assert list(table["with_day"]) == [2, 1, 0, 2]
    assert list(table["total_day"]) == [54, 30, 0, 54]  # 月10時間 is the 1日30分 again
    assert table.loc["all", "median_day"] == table.loc["all", "mean_day"] == 27
    assert list(table["with_case"]) == [0, 2, 0, 2]
    assert table.loc["b", "median_case"] == 22.5
    assert math.isnan(table.loc["c", "mean_day"])
    assert table.loc["a", "label"] == "要約"


def expected_savings(rows):
    found: dict[str, list] = {}
    for row in rows:
        savings = found.setdefault(row["text"], [])
        if row["kind"]:
            low, high = (float(row[end]) if row[end] else None for end in ("low", "high"))
            savings.append((row["kind"], low, high, row["per"]))
    return found


def agrees(wanted, saving):
    kind, low, high, per = wanted
    ends = ((low, saving.low), (high, saving.high))
    near = all(
        a == b if a is None or b is None else math.isclose(a, b, rel_tol=0.01, abs_tol=1e-9) for a, b in ends
    )
    return near and (kind, per) == (saving.kind, saving.per)


@pytest.mark.skipif(not EXAM.exists(), reason="the table of time expressions is not here")
def test_expressions_of_somebody_else():
    with EXAM.open(encoding="utf-8-sig", newline="") as file:
        exam = expected_savings(csv.DictReader(file))
    missed = []
    for text, wanted in exam.items():
        found = read_durations(text)
        if len(found) != len(wanted) or not all(map(agrees, wanted, found)):
            missed.append(f"{text}: {wanted} read as {[(s.kind, s.low, s.high, s.per) for s in found]}")
    assert len(missed) <= 0.05 * len(exam), "\n".join(missed)
