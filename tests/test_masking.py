import csv
import re
import time
import zipfile

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from comment_classifier.cli import main
from comment_classifier.masking import PLACEHOLDERS, mask, mask_all
from comment_classifier.tokenizer import PIECE
from conftest import ROOT

NAMES = ROOT / "tests" / "data" / "names_to_mask.csv"

# Written with the mask in place of ⟦what is masked⟧, so that each case shows both.
MASKED = {
    "【メール】": """
        ⟦taro@example.jp⟧
        連絡先は⟦taro.yamada@city.example.lg.jp⟧です
        ⟦ｔａｒｏ＠ｅｘａｍｐｌｅ．ｊｐ⟧に送る
        <⟦a+b@example.com⟧>
        メール:⟦hanako_s@example.co.jp⟧。
        """,
    "【電話番号】": """
        電話は⟦090-1234-5678⟧です。
        ⟦０９０－１２３４－５６７８⟧に電話
        ⟦090 1234 5678⟧
        ⟦090−1234−5678⟧まで
        ⟦09012345678⟧
        ⟦0312345678⟧
        ⟦03-1234-5678⟧
        ⟦(03)1234-5678⟧
        ⟦03（1234）5678⟧
        ⟦03.1234.5678⟧
        ⟦0120-000-000⟧
        ⟦0120 000 000⟧
        ⟦+81 90-1234-5678⟧
        ⟦+819012345678⟧
        ⟦045-000-1234⟧（直通）
        ⟦04992-0-1234⟧
        TEL ⟦1234-5678⟧
        内線⟦1234⟧まで
        電話番号　⟦０３ー１２３４ー５６７８⟧
        """,
    "【個人番号】": """
        ⟦123456789012⟧
        ⟦1234 5678 9012⟧
        ⟦1234-5678-9012⟧を入力してしまった
        ⟦１２３４５６７８９０１２⟧
        ⟦１２３４－５６７８－９０１２⟧
        ⟦１２３４　５６７８　９０１２⟧
        マイナンバー ⟦12 34 56 78 90 12⟧
        個人番号：⟦123456-789012⟧
        """,
    "【番号】": """
        カードは⟦1234-5678-9012-3456⟧
        ⟦4000000000000002⟧
        ⟦３７００－００００００－００００２⟧
        口座番号 ⟦1234567⟧
        口座番号：⟦１２３４５６７⟧
        普通預金 ⟦1234567⟧
        職員番号 ⟦012345⟧
        職員番号は⟦０１２３４５⟧です
        社員番号⟦A12345⟧
        会員番号：⟦AB-1234-5678⟧
        基礎年金番号 ⟦1234-567890⟧
        被保険者番号⟦12345678⟧
        記号⟦12345⟧番号⟦1234567⟧
        """,
    "【郵便番号】": """
        ⟦〒100-0001⟧
        ⟦〒１００－０００１⟧
        ⟦100-0001⟧
        郵便番号⟦1000001⟧
        """,
    "【住所】": """
        ⟦東京都千代田区霞が関1-2-3⟧
        ⟦東京都千代田区霞が関１丁目２番３号⟧
        ⟦さくら市ひばり町2丁目3番4号⟧に住む
        ⟦架空市本町１２３４番地⟧
        ⟦神奈川県横浜市西区みなとみらい１−２−３ ひばりマンション101号室⟧
        ⟦北海道札幌市北区北七条西1丁目1番地⟧
        ⟦大字架空123番地⟧
        ⟦架空郡空想町大字夢456番地の7⟧
        住所は⟦本町3丁目5番2号⟧です
        ⟦本町三丁目五番二号⟧
        私は⟦さくら市本町1-2⟧に住む
        ⟦架空市はるひ野1-2-3⟧
        """,
    "【氏名】": """
        ⟦山田太郎⟧が作った
        ⟦田中　花子⟧様
        ⟦佐藤⟧さんに聞いた
        ⟦林⟧さんに聞いた
        ⟦千葉⟧さんに聞いた
        ⟦鈴木⟧課長の決裁
        ⟦鈴木⟧総務課長の決裁
        ⟦佐藤⟧副市長の答弁
        ⟦高橋⟧前係長の引継書
        ⟦健太⟧くんの作文
        ⟦翼⟧くんの作文
        担当の⟦横山⟧に代わって
        担当：⟦内田⟧
        ⟦佐藤⟧が作った表
        ⟦吉田⟧が作成した表
        ⟦小林⟧に聞いた
        市民課⟦山田⟧です
        ⟦藤井蒼空⟧さん
        ⟦西村琉生⟧さん
        ⟦髙橋⟧さん
        ⟦𠮷田⟧さん
        ⟦渡邉󠄀⟧さん
        ⟦ｻﾄｳ⟧さん
        ⟦ﾔﾏﾀﾞ ﾊﾅｺ⟧さん
        ⟦ヤマダ タロウ⟧様
        ⟦さとう⟧係長
        ⟦スミス⟧さん
        ⟦ジョン・スミス⟧さん
        ⟦斎藤⟧さんと⟦渡邊⟧さん
        """,
}
POSITIVE = [
    (placeholder, line.strip())
    for placeholder, lines in MASKED.items()
    for line in lines.splitlines()
    if line.strip()
]

UNCHANGED = """
    ChatGPTさんに聞いた。|Geminiさんは賢い。|クロードさんに任せる。|ジェミニくんに相談。|コパイロット君が詳しい
    AIさんには無理。|マイナちゃんの着ぐるみ|ドラえもんのように|桃太郎さんの紙芝居|サザエさんのような
    皆さんに共有したい。|お客様への回答。|市民の皆様へのお知らせ|業者さんとのやり取り|職員さん向け|先生方の負担
    お孫さんから電話|大家さんへの通知|区役所さんに聞く|新人さんに教える|石屋さんに頼む|神様のようだ|王様の耳|奥様向けの案内
    山口県の事例|福島市の条例|千葉市長の会見|山口市長の会見|松本市役所の例|横浜市さんの事例|宮崎の統計|長野は寒い|山口から来た文書
    高木台帳の整理|高木の剪定計画|早見表を作った|直木賞を尋ねた|金がない|金かけるなら先に|金太郎飴のような文
    鈴木商店の歴史|本田技研の資料|松下電器の例|渋沢栄一記念財団の資料|太郎とかでいい|さくらの開花|葵祭の案内
    ちゃんと書けた|様式を作る|同様に使う|様々な用途|係長の決裁|係長の前で恥をかく|課長が言った|前課長の引継ぎ|関係課長会議
    担当の方に聞いた|担当者が不在|担当：情報政策課|氏名：未記入|林業の補助金|森林組合の文書|原課に照会|西区の広報|泉の保全
    平成30年度の予算|令和6年4月1日|2024-04-01に提出|10時30分から|12:30-13:30|1,234,567円の支出|120000000000円の予算
    100-2000字で要約|300ー1000円|2022 2023 2024の比較|2022-2023-2024|円周率3.14159265358979|0.123456789012
    第1工区1-2の工事|条例第12号を要約|横浜市条例第3号|市道1-2号線の工事|国道1号|議案第12号|A4で2-3枚|A-1-2の様式|Q1-2の回答
    千代田区の人口は1-2位|東京都の1-2月の統計|市区町村1-3の比較|地区1-2の資料|2丁目の公園|1番よかった|一番地味な作業|3番目の質問
    法人番号1234567890123を調べた|12桁の番号|電話3件の対応|電話は1日100件|内線の案内|口座番号の確認|職員番号6桁を入力
    〒マークの入れ方|@で呼び出す|=SUM(@A1:A10)|a@b|https://example.jp/docs|192.168.0.1に接続|ver.1.2.3|090|【氏名】さん
"""


def cells(table):
    return [cell.strip() for cell in re.split(r"[|\n]", table) if cell.strip()]


NEGATIVE = cells(UNCHANGED)
FRAGMENTS = """
    山田|太郎|佐藤|健|一|千葉|林|森|さくら|翼|ジョン|・|スミス|ｻﾄｳ|ﾀﾞ|ﾞ|髙橋|さん|様|くん|ちゃん|課長|係長|前|市|長|の|は|が|担当|：
    に聞いた|090|-|ー|1234|5678|１２|0|12|3|+|81|(|)|〒|区|町|村|丁目|番|地|号|第|条例|円|年|東京都|霞が関|@|taro|.|jp|口座番号
    職員番号|電話|内線|【氏名】|【電話番号】|【|】|氏名|。|、
"""
SPECIAL = ("\x00", "\ud800", "\ufe00", "\u200b", "\U000e0100", " ", "\n", "\u3000")
WORDS = [
    *cells(
        "要約|文章|を|作成|に|使う|、|。|議事録|の|案|が|便利|です|係長|様式|先生|担当|翻訳|しました|皆さん|は"
    ),
    " ",
    "\n",
]
fragments = st.lists(st.sampled_from([*cells(FRAGMENTS), *SPECIAL]), max_size=14).map("".join)
anything = st.text(st.characters(), max_size=60)  # surrogates too


def labelled_texts():
    for path in sorted((ROOT / "data" / "labeled").glob("*.csv")):
        with path.open(encoding="utf-8-sig", newline="") as file:
            yield from (row["text"] for row in csv.DictReader(file))


def test_there_are_enough_cases():
    assert len(POSITIVE) >= 60 and len(NEGATIVE) >= 60


@pytest.mark.parametrize(("placeholder", "case"), POSITIVE)
def test_personal_data_is_masked_and_nothing_else(placeholder, case):
    text = case.replace("⟦", "").replace("⟧", "")
    assert mask(text) == re.sub("⟦.*?⟧", placeholder, case)
    assert mask(f"前の文。\n{text}\n次の文。") == f"前の文。\n{re.sub('⟦.*?⟧', placeholder, case)}\n次の文。"


@pytest.mark.parametrize("text", NEGATIVE)
def test_what_is_no_personal_data_stays(text):
    assert mask(text) == text


def test_several_kinds_in_one_comment():
    text = "山田太郎さん（電話：090-1234-5678、taro@example.jp）〒123-4567 架空市本町1-1、職員番号 012345"
    masked = "【氏名】さん（電話：【電話番号】、【メール】）【郵便番号】 【住所】、職員番号 【番号】"
    assert mask(text) == masked


def test_what_cannot_be_read_survives():
    text = "\x00佐藤さん\ud800\r\n\t\udfff佐藤さん\x00"
    assert mask(text) == "\x00【氏名】さん\ud800\r\n\t\udfff【氏名】さん\x00"


def test_every_sort_of_number_of_twelve_digits_is_masked_whatever_its_check_digit():
    assert all(mask(f"番号は12345678901{digit}です") == "番号は【個人番号】です" for digit in range(10))


def test_mask_all_keeps_order_and_repeats():
    texts = ["佐藤さん", "特になし", "佐藤さん", ""]
    assert mask_all(texts) == ["【氏名】さん", "特になし", "【氏名】さん", ""]
    assert mask_all([]) == []


@given(st.one_of(anything, fragments))
@settings(max_examples=500, deadline=None)
def test_masking_twice_is_masking_once_and_never_fails(text):
    once = mask(text)
    assert mask(once) == once
    assert mask_all([text]) == [once]


@given(st.one_of(anything, fragments))
@settings(max_examples=300, deadline=None)
def test_what_stays_is_as_it_was_written(text):
    kept = [part for part in re.split("|".join(PLACEHOLDERS), mask(text)) if part]
    at = 0
    for part in kept:
        assert part in text[at:]
        at = text.index(part, at) + len(part)


@given(st.lists(st.sampled_from(WORDS), max_size=20).map("".join))
@example("担当はをの")
@settings(max_examples=200, deadline=None)
def test_comments_without_digit_or_name_stay(text):
    assert mask(text) == text


@pytest.mark.parametrize(
    "unit",
    ["あ", "1", "1-", "０９０－", "市1-1", "山田", "佐藤さん", "a@b.c", "一丁目", "ｶﾞ", "\x00", "スミス・"],
)
def test_long_comments_take_time_in_proportion(unit):
    mask(unit)  # loads the dictionary
    text = (unit * 100_000)[:100_000]
    start = time.perf_counter()
    masked = mask(text)
    assert time.perf_counter() - start < 20  # half a second each
    assert mask(masked) == masked


def test_names_in_a_comment_of_a_megabyte():
    text = "係の佐藤さんに聞いて、" * 90_000
    assert mask(text) == "係の【氏名】さんに聞いて、" * 90_000
    long_sentence = "あ" * PIECE + "、佐藤さん"
    assert mask(long_sentence) == "あ" * PIECE + "、【氏名】さん"


def test_false_alarms_in_labelled_comments_are_rare():
    # They name nobody, but for one that speaks of the names 斎藤 and 渡邊. Measured: 2 of 13,056.
    texts = list(labelled_texts())
    altered = [text for text, masked in zip(texts, mask_all(texts), strict=True) if text != masked]
    assert len(altered) / len(texts) < 0.005
    assert len(altered) <= 10, altered


def test_recall_of_names():
    # Measured: 185 of 200 exactly masked. The rules were mended on these, without any name of theirs;
    # on 68 sentences composed afterwards it was 58.
    with NAMES.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    found = sum(mask(row["text"]) == row["text"].replace(row["name"], "【氏名】") for row in rows)
    assert len(rows) == 200
    assert found / len(rows) >= 0.90


def test_nothing_that_classify_writes_holds_what_was_masked(tmp_path):
    """Names, numbers and addresses are gone from every file, the workbooks included, before it is written."""
    secrets = ("山田太郎", "03-1234-5678", "taro@example.jp", "1234 5678 9012")
    rows = [
        f"議事録の要約。担当の{secrets[0]}さんに聞いた",
        f"翻訳。電話は{secrets[1]}",
        f"連絡先 {secrets[2]}",
        secrets[3],
    ]
    wave = tmp_path / "wave.csv"
    wave.write_text("回答\n" + "\n".join(rows) + "\n", encoding="utf-8")
    question = ["--question", "use_cases", "--column", "回答", "--mask", "--out", str(tmp_path / "out")]
    assert main(["classify", str(wave), *question]) == 0
    written = [path for path in (tmp_path / "out").rglob("*") if path.is_file()]
    for path in written:
        content = path.read_bytes()
        if path.suffix == ".xlsx":
            with zipfile.ZipFile(path) as archive:
                content = b"".join(map(archive.read, archive.namelist()))
        for secret in secrets:
            assert secret.encode() not in content, (path.name, secret)
    masked = (tmp_path / "out" / "comments.csv").read_text(encoding="utf-8-sig")
    assert "【氏名】さん" in masked and "【電話番号】" in masked and "【メール】" in masked
    assert "summary" in masked and "translation" in masked
    assert '"masked": true' in (tmp_path / "out" / "run.json").read_text(encoding="utf-8")
