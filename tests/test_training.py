import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import comment_classifier as cc
from comment_classifier.cards import card_text
from comment_classifier.evaluation import compare_codings, judge_review, krippendorff_alpha
from comment_classifier.features import FeatureSettings
from comment_classifier.labels import read_labels
from comment_classifier.training import TrainingSettings, balanced_threshold

SENTENCES = {
    (
        "apple",
    ): "りんごを食べた りんごが好き 赤いりんご りんごのパイ りんごジャム 青森のりんご りんご狩り 焼きりんご",
    (
        "orange",
    ): "みかんを食べた みかんが好き 冬のみかん みかんの皮 冷凍みかん 熊本のみかん みかん狩り 焼きみかん",
    (
        "apple",
        "orange",
    ): "りんごとみかん みかんとりんごの両方 りんごもみかんも りんごやみかん みかんジュースとりんごジュース",
    ("other",): "バナナがいい ぶどうが好き 桃がおいしい いちごを買う なんでも食べる 果物は高い",
    ("none",): "なし 特になし",
}


@pytest.fixture(scope="module")
def labeled():
    rows = [(text, labels) for labels, texts in SENTENCES.items() for text in texts.split(" ")]
    voices = [f"v{i % 4}" for i in range(len(rows))]
    return pd.DataFrame({"text": [t for t, _ in rows], "labels": [x for _, x in rows], "voice": voices})


LOOSE = TrainingSettings(features=FeatureSettings(min_writers=1, min_comments=1))


def test_training_learns_and_its_file_is_the_same_to_the_bit(labeled, fruit, tmp_path):
    model = cc.train(labeled, codebook=fruit, settings=LOOSE)
    predicted = [tuple(model.classes_[row]) for row in model.predict(["りんごの木", "みかんの木", "なし"])]
    assert predicted[0] == ("apple",) and "orange" in predicted[1] and predicted[2] == ("none",)
    model.save(tmp_path / "a.npz")
    cc.train(labeled, codebook=fruit, settings=LOOSE).save(tmp_path / "b.npz")
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()
    loaded = cc.load_model(tmp_path / "a.npz", fruit)
    np.testing.assert_allclose(loaded.predict_proba(["りんご"]), model.predict_proba(["りんご"]))


def test_the_card_tells_data_and_held_out_figures(labeled, fruit):
    card = cc.train(labeled, codebook=fruit, settings=LOOSE).model_.card
    assert card["comments"] == len(labeled) and card["voices"] == 4
    assert card["labels"]["apple"] == 13 and 0 < card["held_out"]["micro_f1"] <= 1
    assert set(card["held_out"]["review"]) == {"marked", "precision", "recall"}


def test_labels_may_be_joined_by_bars(labeled, fruit):
    joined = labeled.assign(labels=["|".join(x) for x in labeled["labels"]])
    one, two = (cc.train(frame, codebook=fruit, settings=LOOSE) for frame in (labeled, joined))
    np.testing.assert_array_equal(one.model_.weights, two.model_.weights)


def test_a_category_with_too_few_examples_is_never_given(labeled, fruit):
    few = labeled[labeled["labels"].map(lambda x: "orange" not in x)]
    model = cc.train(few, codebook=fruit, settings=LOOSE)
    assert not model.predict(["みかん"] * 3)[:, 1].any()


def test_the_estimator_follows_scikit_learns_conventions(labeled, fruit):
    model = cc.CommentClassifier(fruit, LOOSE)
    assert model.get_params(deep=False) == {"codebook": fruit, "settings": LOOSE}
    assert model.fit(list(labeled["text"]), labeled["labels"], labeled["voice"]) is model
    flags, scores = model.predict(labeled["text"]), model.predict_proba(labeled["text"])
    assert flags.shape == scores.shape == (len(labeled), 4) and flags.dtype == bool
    assert ((scores >= 0) & (scores <= 1)).all()
    assert model.held_out_.agreement.micro_f1 <= 1


def test_wrong_labels_and_missing_columns(labeled, fruit):
    with pytest.raises(cc.InputError, match="'grape' is no category"):
        cc.train(labeled.assign(labels=[("grape",)] * len(labeled)), codebook=fruit)
    with pytest.raises(cc.InputError, match="no column 'labels'"):
        cc.train(labeled.drop(columns="labels"), codebook=fruit)
    with pytest.raises(cc.InputError, match="at least 10"):
        cc.train(labeled.head(3), codebook=fruit)
    with pytest.raises(cc.InputError, match="not fitted"):
        cc.CommentClassifier(fruit).predict(["a"])


def test_labels_of_many_shapes(labeled, fruit):
    flags = pd.DataFrame([[c in row for c in fruit.ids] for row in labeled["labels"]], columns=fruit.ids)
    shapes = [flags, flags.to_numpy().tolist(), labeled["labels"], [" | ".join(r) for r in labeled["labels"]]]
    models = [
        cc.CommentClassifier(fruit, LOOSE).fit(list(labeled["text"]), y, labeled["voice"]) for y in shapes
    ]
    for model in models[1:]:
        np.testing.assert_array_equal(model.model_.weights, models[0].model_.weights)


def test_too_little_to_learn_from(labeled, fruit):
    with pytest.raises(cc.InputError, match="of one voice"):
        cc.train(labeled.assign(voice="a"), codebook=fruit)
    with pytest.raises(cc.InputError, match="are answers"):
        cc.train(labeled.assign(text="なし"), codebook=fruit)


def write(path, *rows):
    path.write_text("id,question,text,labels,voice,source\n" + "\n".join(rows) + "\n", encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ("2,q,りんご,grape,v,s", "row 3, column 'labels': 'grape' is unknown. Use apple"),
        ("2,q,りんご,,v,s", "row 3, column 'labels': empty"),
        ("2,q,りんご,apple|none,v,s", "stands alone"),
        ("1,q,りんご,apple,v,s", "row 3: id '1' also stands in row 2"),
    ],
)
def test_faulty_labels_name_row_and_remedy(tmp_path, fruit, row, expected):
    path = write(tmp_path / "l.csv", "1,q,みかん,orange,v,s", row)
    with pytest.raises(cc.InputError) as error:
        read_labels(path, fruit)
    assert expected in str(error.value)


def test_labels_come_in_codebook_order(tmp_path, fruit):
    path = write(tmp_path / "l.csv", "1,q,みかん,orange|apple,v,s")
    assert read_labels(path, fruit)["labels"][0] == ("apple", "orange")


@given(
    st.lists(st.tuples(st.floats(-5, 5), st.booleans()), min_size=1, max_size=50, unique_by=lambda x: x[0])
)
def test_balanced_threshold_gives_the_true_number(pairs):
    scores, truth = np.array([s for s, _ in pairs]), np.array([t for _, t in pairs])
    above = int((scores >= balanced_threshold(scores, truth)).sum())
    # Two scores next to each other may leave no number between them.
    assert abs(above - truth.sum()) <= (1 if len(set(np.diff(np.sort(scores)))) else 0)


def test_alpha_of_the_textbook():
    # Krippendorff (2018), nominal two-coder example computed by hand: 10 units, 2 disagreements.
    first = np.array([0, 1, 0, 0, 0, 0, 0, 0, 1, 0], bool)
    second = np.array([1, 1, 1, 0, 0, 1, 0, 0, 0, 0], bool)
    assert krippendorff_alpha(first, second) == pytest.approx(0.095, abs=0.001)
    assert krippendorff_alpha(first, first) == 1.0
    assert np.isnan(krippendorff_alpha(first & False, second & False))


def test_agreement_figures():
    truth = np.array([[1, 0], [1, 1], [0, 1], [0, 0]], bool)
    given_ = np.array([[1, 0], [1, 0], [0, 1], [1, 0]], bool)
    agreement = compare_codings(truth, given_, ("a", "b"))
    assert agreement.micro_f1 == pytest.approx(6 / 8) and agreement.exact == 0.5
    assert agreement.categories.loc["a", ["precision", "recall"]].tolist() == [pytest.approx(2 / 3), 1.0]


def test_the_review_mark_is_judged():
    mark = judge_review(np.array([1, 1, 0, 0], bool), np.array([1, 0, 1, 0], bool))
    assert (mark.marked, mark.precision, mark.recall) == (0.5, 0.5, 0.5)


def test_the_card_sets_coders_beside_the_model(labeled, fruit):
    frame = labeled.assign(id=[f"c{i}" for i in range(len(labeled))])
    second = pd.DataFrame({"id": ["c0", "c8", "c21"], "first": [("apple",), ("orange",), ("other",)]})
    second["second"] = [("apple",), ("apple",), ("other",)]
    model = cc.train(frame, codebook=fruit, settings=LOOSE, second=second)
    twice = model.model_.card["twice_coded"]
    assert twice["coder_coder"]["comments"] == twice["coder_model"]["comments"] == 3
    assert twice["coder_coder"]["exact"] == pytest.approx(2 / 3, abs=1e-3)
    text = card_text(model.model_.card, fruit)
    assert "coder and coder 0.667" in text and "| apple | りんご |" in text and "composed" in text


def test_a_second_coding_of_other_comments_is_refused(labeled, fruit):
    frame = labeled.assign(id=[f"c{i}" for i in range(len(labeled))])
    second = pd.DataFrame({"id": ["x"], "first": [("apple",)], "second": [("apple",)]})
    with pytest.raises(cc.InputError, match="none of its ids"):
        cc.train(frame, codebook=fruit, settings=LOOSE, second=second)


def test_thresholds_rest_on_comments_that_were_not_picked(labeled, fruit):
    hard = pd.DataFrame({"text": [f"赤いのが好き{i}" for i in range(30)], "labels": [("apple",)] * 30})
    hard["voice"] = [f"v{i % 4}" for i in range(30)]
    frame = pd.concat([labeled.assign(chosen="random"), hard.assign(chosen="picked")], ignore_index=True)
    even = cc.train(frame, codebook=fruit, settings=LOOSE)
    uneven = cc.train(frame.assign(chosen="random"), codebook=fruit, settings=LOOSE)
    apple = fruit.ids.index("apple")
    np.testing.assert_array_equal(even.model_.features.words, uneven.model_.features.words)  # both learn all
    drawn = labeled["text"].tolist()
    given = [model.predict(drawn)[:, apple].sum() for model in (even, uneven)]
    true = sum("apple" in labels for labels in labeled["labels"])
    assert abs(given[0] - true) <= abs(given[1] - true)
    assert even.model_.thresholds[apple] != uneven.model_.thresholds[apple]
