"""The sentences of a report: each rule of ``report.reading``, ties, zeros and overlaps included."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comment_classifier.report.reading import (
    printed,
    reading_of_change,
    reading_of_counts,
    reading_of_shares,
    reading_of_times,
)
from comment_classifier.rounding import percent


def counts(*bars, base_n=100, estimated=False):
    """Bars as label, count and maybe interval."""
    rows = [(label, n, percent(n, base_n), ends[0] if ends else None) for label, n, *ends in bars]
    return reading_of_counts(rows, base_n, estimated)


def shares(*choices, base_n=100, several=False):
    return reading_of_shares([(label, n, percent(n, base_n)) for label, n in choices], base_n, several)


def test_the_three_largest_categories_are_named():
    said = counts(("検索", 40), ("要約", 30), ("翻訳", 20), ("校正", 10))
    assert said == "「検索」が 40 件(回答の 40.0 %)で最も多い。次いで「要約」30 件、「翻訳」20 件。"


def test_categories_without_a_comment_are_not_named():
    assert counts(("検索", 2), ("要約", 0), base_n=3) == "「検索」が 2 件(回答の 66.7 %)で最も多い。"
    assert counts(("検索", 0), ("要約", 0)) == "どの区分にも回答がない。"
    assert counts(("検索", 0), base_n=0) == "回答はない。"
    assert counts() == "どの区分にも回答がない。"


def test_equal_counts_share_a_rank():
    said = counts(("検索", 30), ("要約", 30), ("翻訳", 20), ("校正", 10))
    assert said == "「検索」「要約」が 30 件(回答の 30.0 %)で並んで最も多い。次いで「翻訳」20 件。"
    said = counts(*((name, 7) for name in "甲乙丙丁"), ("戊", 6))
    assert said == "「甲」「乙」「丙」「丁」が 7 件(回答の 7.0 %)で並んで最も多い。"


def test_of_many_that_tie_some_are_named():
    said = counts(*((f"区分{i}", 7) for i in range(30)))
    assert (
        said
        == f"{''.join(f'「区分{i}」' for i in range(8))}ほか 22 区分が 7 件(回答の 7.0 %)で並んで最も多い。"
    )


def test_a_tie_for_the_third_place_leaves_nobody_out():
    said = counts(("検索", 40), ("要約", 30), ("翻訳", 20), ("校正", 20), ("関数", 19))
    assert said.endswith("次いで「要約」30 件、「翻訳」20 件、「校正」20 件。")
    said = shares(("甲", 40), ("丁", 19), ("乙", 20), ("丙", 20), base_n=99)
    assert said.endswith("次いで「乙」20.2 %(20 人)、「丙」20.2 %(20 人)。")


def test_thousands_have_commas():
    said = counts(("検索", 1234), ("要約", 1000), base_n=5000)
    assert said == "「検索」が 1,234 件(回答の 24.7 %)で最も多い。次いで「要約」1,000 件。"


def test_an_order_that_is_not_certain_is_left_open():
    overlap = counts(("検索", 40, (30, 50)), ("要約", 35, (28, 41)), estimated=True)
    assert overlap == (
        "「検索」が 40 件(推定)(回答の 40.0 %)で最も多い。次いで「要約」35 件。1位と2位は区間が重なり、順は確かでない。"
    )
    touching = counts(("検索", 40, (30, 50)), ("要約", 25, (20, 30)), estimated=True)
    assert touching.endswith("順は確かでない。")
    apart = counts(("検索", 40, (30, 50)), ("要約", 25, (20, 29)), estimated=True)
    assert "確かでない" not in apart
    tie = counts(("検索", 40, (30, 50)), ("要約", 40, (28, 48)), estimated=True)
    assert (
        tie == "「検索」「要約」が 40 件(推定)(回答の 40.0 %)で並んで最も多い。区間が重なり、順は確かでない。"
    )
    assert "確かでない" not in counts(("検索", 40, (30, 50)), estimated=True)
    assert "確かでない" not in counts(("検索", 40, (30, 50)), ("要約", 0, (0, 35)), estimated=True)


def test_two_choices_are_both_named_in_the_order_of_the_survey():
    assert (
        shares(("はい", 0), ("いいえ", 7), base_n=7) == "「はい」は 0.0 %(0 人)、「いいえ」は 100.0 %(7 人)。"
    )
    assert (
        shares(("はい", 1), ("いいえ", 15), base_n=16)
        == "「はい」は 6.3 %(1 人)、「いいえ」は 93.8 %(15 人)。"
    )


def test_more_than_half_is_called_so():
    assert shares(("毎日", 20), ("週", 51), ("月", 29)) == (
        "「週」が 51.0 %(51 人)で半数を超えて最も多い。次いで「月」29.0 %(29 人)、「毎日」20.0 %(20 人)。"
    )
    assert "半数" not in shares(("毎日", 20), ("週", 50), ("月", 30))
    assert "半数" not in shares(("毎日", 2500), ("週", 0), ("月", 2400), base_n=5001)


def test_equal_shares_share_a_rank():
    said = shares(("毎日", 40), ("週", 20), ("月", 40))
    assert said == "「毎日」「月」が 40.0 %(40 人)で並んで最も多い。次いで「週」20.0 %(20 人)。"
    assert "半数" not in shares(("家", 60), ("職場", 60), ("ほか", 3), several=True)


def test_choices_that_nobody_made_are_not_named():
    assert (
        shares(("毎日", 5), ("週", 0), ("月", 0), base_n=5)
        == "「毎日」が 100.0 %(5 人)で半数を超えて最も多い。"
    )
    assert shares(("毎日", 0), ("週", 0), ("月", 0), base_n=0) == "回答はない。"
    assert shares(("はい", 0), ("いいえ", 0), base_n=0) == "回答はない。"


def test_two_choices_of_several_are_ranked():
    said = shares(("家", 30), ("職場", 60), several=True)
    assert said == "「職場」が 60.0 %(60 人)で半数を超えて最も多い。次いで「家」30.0 %(30 人)。"


LABELS = st.lists(st.integers(0, 6), min_size=3, max_size=8)


@given(LABELS)
def test_every_choice_that_is_named_beats_every_one_that_is_not(numbers):
    base_n = sum(numbers)
    said = shares(*((f"c{i}", n) for i, n in enumerate(numbers)), base_n=base_n)
    named = [n for i, n in enumerate(numbers) if f"「c{i}」" in said]
    unnamed = [n for i, n in enumerate(numbers) if f"「c{i}」" not in said]
    beaten = not unnamed or not named or min(named) > max(unnamed)
    assert 0 not in named and (beaten or ("ほか" in said and len(named) >= 8))
    assert not base_n or len(named) >= min(3, sum(n > 0 for n in numbers))


@pytest.mark.parametrize(
    ("median", "time"),
    [
        (30, "30 分"),
        (24.5, "25 分"),
        (0.4, "0 分"),
        (119.4, "119 分"),
        (120, "2.0 時間"),
        (135, "2.3 時間"),
        (-30, "-30 分"),
        (-150, "-2.5 時間"),
    ],
)
def test_the_time_of_one_respondent(median, time):
    said = reading_of_times("利用中の職員", 1000, 120, 80, median)
    assert said == (
        f"利用中の職員一人あたり1日換算で約 {time}(時間を書いた回答 120 件のうち1日あたりに直せた 80 件の中央値)。"
    )


def test_no_time_that_comes_to_a_day():
    assert reading_of_times("", 1200, 3, 0, 0.0) == (
        "回答 1,200 件のうち時間を書いたものは 3 件。1日あたりに直せるものはない。"
    )


def test_a_change_is_only_said_if_its_interval_leaves_0_out():
    said = reading_of_change("要約", 40.0, 30.0, -10.0, -15.0, -5.0)
    assert said == (
        "「要約」は前の回より低下している(前の回 40.0 % → 今の回 30.0 %、差 -10.0 ポイント、95% 区間 -15.0～-5.0)。"
    )
    assert "上昇している" in reading_of_change("要約", 30.0, 40.0, 10.0, 5.0, 15.0)
    for low, high in ((-1.0, 5.0), (0.0, 5.0), (-5.0, 0.0)):
        assert "は変わったとはいえない(" in reading_of_change("要約", 30.0, 32.0, 2.0, low, high)


def test_changes_are_rounded_half_up_and_nothing_has_no_minus():
    said = reading_of_change("要約", 6.25, 6.25, -0.04, -0.25, 0.25)
    assert "前の回 6.3 % → 今の回 6.3 %、差 +0.0 ポイント、95% 区間 -0.3～+0.3" in said


def test_numbers_as_printed():
    assert [printed(0.5), printed(1234567.5), printed(-0.4), printed(2.25, 1)] == [
        "1",
        "1,234,568",
        "0",
        "2.3",
    ]
