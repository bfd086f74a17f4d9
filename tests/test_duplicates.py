import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from comment_classifier.duplicates import group_duplicates, largest_groups

LONG = "生成AIの利用には反対です。職員の仕事を奪い、個人情報が漏れるおそれがあるからです。"


def test_exact_near_and_different_texts():
    texts = [
        LONG,
        LONG.replace("。", "！"),
        LONG.replace("おそれ", "恐れ"),
        "要約",
        "要約。",
        "翻訳",
        "",
        None,
    ]
    groups = group_duplicates(texts)
    assert groups.tolist() == [0, 0, 0, 1, 1, 2, -1, -1]
    assert largest_groups(texts, groups) == [(LONG, 3), ("要約", 2)]


def test_short_texts_are_one_only_when_they_are_the_same():
    assert group_duplicates(["議事録の要約", "議事録を要約"]).tolist() == [0, 1]


@given(st.lists(st.sampled_from([LONG, LONG + "強く", "要約", "翻訳", ""]), max_size=12), st.randoms())
@settings(max_examples=50)
def test_groups_do_not_depend_on_the_order(texts, random):
    order = random.sample(range(len(texts)), len(texts))
    one, two = group_duplicates(texts), group_duplicates([texts[i] for i in order])
    same = one[order][:, None] == one[order][None, :]
    np.testing.assert_array_equal(same, two[:, None] == two[None, :])


def test_a_mass_copy_of_many_texts_is_quick():
    texts = [f"{LONG}{i % 50}番目の意見" for i in range(5000)]
    assert len(set(group_duplicates(texts).tolist())) == 1
