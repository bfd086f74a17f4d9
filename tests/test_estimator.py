"""``CommentClassifier`` in the hands of scikit-learn: clone, search, pipeline, folds, and its own checks."""

import pickle
import re
import subprocess
import sys
import unittest
import warnings

import joblib
import numpy as np
import pandas as pd
import pytest
import sklearn
from scipy import sparse
from sklearn.base import clone, is_classifier
from sklearn.exceptions import NotFittedError
from sklearn.metrics import f1_score
from sklearn.model_selection import (
    GridSearchCV,
    GroupKFold,
    KFold,
    cross_val_predict,
    cross_val_score,
    cross_validate,
)
from sklearn.pipeline import Pipeline
from sklearn.utils import get_tags
from sklearn.utils.estimator_checks import parametrize_with_checks
from sklearn.utils.validation import check_is_fitted
from threadpoolctl import threadpool_limits

import comment_classifier as cc
from comment_classifier.codebook import Category, Codebook
from comment_classifier.features import FeatureSettings
from comment_classifier.training import TrainingSettings
from conftest import ROOT

BOOK = Codebook(
    "reading",
    "図書館への意見",
    (
        Category("hours", "開館時間"),
        Category("shelves", "蔵書"),
        Category("seats", "座席"),
        Category("other", "その他", role="other"),
        Category("none", "記載なし", role="none"),
    ),
)
COMMENTS = {
    ("hours",): """閉館が早すぎる 夜も開けてほしい 開館時間を延ばしてほしい 朝早くから開いていると助かる
        日曜の閉館時間が早い 仕事帰りに開いていない 開館が十時なのは遅い 祝日も開けてほしい
        閉館時間をもう少し遅く 月曜も開館してほしい 夜九時まで開いていたらいい 年末の開館日が少ない
        平日の夜に開いていない 開館時間が短い""",
    ("shelves",): """新しい本が少ない 専門書を増やしてほしい 蔵書が古い 借りたい本がいつも貸出中
        雑誌の種類が少ない 漫画の蔵書もほしい 洋書の本がない 絵本がたくさんあって助かる
        読みたい本が見つからない 蔵書検索が使いにくい 話題の本の予約が多すぎる 本の傷みが目立つ
        郷土の本が充実している 小説の蔵書が豊富""",
    ("seats",): """座席が足りない 席がいつも埋まっている 自習席を増やしてほしい 椅子が硬くて座りにくい
        電源のある席がほしい 席の間隔が狭い 窓際の席が気持ちいい 座席の予約ができると便利
        席取りをする人がいる 一人用の座席が少ない 午後は席が空いていない 座る席がない
        子ども用の座席が低くていい 席が暗い""",
    ("hours", "seats"): """夜は席があるが閉館が早い 開館してすぐ席が埋まる 閉館間際しか座席が空かない
        開館時間を延ばして席も増やして""",
    (
        "hours",
        "shelves",
    ): """閉館が早くて本が選べない 開館時間も蔵書も足りない 夜に本を返せるよう開館してほしい""",
    ("other",): """駐車場が狭い トイレがきれい 職員が親切 雨の日のバスが不便 空調が寒い 入口の段差が危ない
        自転車置き場が遠い 静かで落ち着く""",
    ("none",): """なし 特になし 特にありません ないです""",
}
TEXTS = [text for texts in COMMENTS.values() for text in texts.split()]
LABELS = [labels for labels, texts in COMMENTS.items() for _ in texts.split()]
FLAGS = np.array([[c in labels for c in BOOK.ids] for labels in LABELS])
VOICES = [f"v{i % 7}" for i in range(len(TEXTS))]
LOOSE = TrainingSettings(features=FeatureSettings(min_writers=1, min_comments=1), folds=3)
SHUFFLED = KFold(3, shuffle=True, random_state=0)


def unfitted():
    return cc.CommentClassifier(BOOK, LOOSE)


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    # Sixty comments are too few to share: on a busy machine the threads of BLAS wait for each other.
    with threadpool_limits(1):
        yield


@pytest.fixture(scope="module")
def fitted():
    return unfitted().fit(TEXTS, FLAGS, VOICES)


# Parameters


def test_a_clone_has_the_parameters_and_is_not_fitted(fitted):
    copy = clone(fitted)
    assert copy.get_params() == fitted.get_params() and copy.codebook == BOOK
    check_is_fitted(fitted)
    with pytest.raises(NotFittedError):
        check_is_fitted(copy)


def test_every_setting_has_a_nested_name():
    params = unfitted().get_params()
    assert params["settings__c"] == 10.0 and params["settings__features__min_writers"] == 1
    assert unfitted().get_params(deep=False) == {"codebook": BOOK, "settings": LOOSE}
    assert cc.CommentClassifier(BOOK).get_params()["settings__features__min_writers"] == 3, "the default"


def test_one_setting_is_set_and_the_others_stay():
    classifier = unfitted().set_params(settings__c=2.0, settings__features__pairs=False)
    assert classifier.settings.c == 2.0 and classifier.settings.folds == 3
    assert classifier.settings.features == FeatureSettings(pairs=False, min_writers=1, min_comments=1)
    assert LOOSE.c == 10.0 and LOOSE.features.pairs, "the settings are frozen"


def test_a_setting_of_none_starts_from_the_defaults():
    classifier = cc.CommentClassifier(BOOK).set_params(settings__clause_weight=0.0)
    assert classifier.settings == TrainingSettings(clause_weight=0.0)


def test_what_contains_a_parameter_is_set_first():
    classifier = cc.CommentClassifier(BOOK).set_params(
        settings__features__pairs=False, settings__features=LOOSE.features, settings=LOOSE, settings__c=3.0
    )
    assert classifier.settings.c == 3.0 and classifier.settings.folds == 3
    assert classifier.settings.features == FeatureSettings(pairs=False, min_writers=1, min_comments=1)


@pytest.mark.parametrize("name", ["colour", "settings__colour", "settings__c__d", "codebook__id"])
def test_an_unknown_name_is_refused_and_nothing_is_set(name):
    classifier = unfitted()
    with pytest.raises(ValueError, match=f"'{name}' is no parameter of CommentClassifier: use .*settings__c"):
        classifier.set_params(settings__c=1.0, **{name: 1})
    assert classifier.settings == LOOSE


def test_settings_of_another_kind_are_refused_when_they_are_used():
    classifier = cc.CommentClassifier(BOOK, {"c": 1.0})
    for use in (lambda: classifier.fit(TEXTS, FLAGS), lambda: classifier.set_params(settings__c=1.0)):
        with pytest.raises(cc.InputError, match=r"\{'c': 1.0\} was given where TrainingSettings"):
            use()


def test_a_representation_shows_what_was_chosen():
    assert repr(cc.CommentClassifier("risks")) == "CommentClassifier(codebook='risks')"
    assert repr(unfitted().set_params(settings__folds=5)) == (
        "CommentClassifier(codebook=<Codebook 'reading'>, "
        "settings__features__min_writers=1, settings__features__min_comments=1)"
    )
    assert repr(cc.CommentClassifier("risks", "loose")) == (
        "CommentClassifier(codebook='risks', settings='loose')"
    )
    assert "CommentClassifier" in Pipeline([("clf", unfitted())])._repr_html_()


# Fitted, not fitted, and without scikit-learn


def test_tags_say_text_in_and_many_labels_out():
    tags = get_tags(unfitted())
    assert is_classifier(unfitted()) and tags.requires_fit and tags.classifier_tags.multi_label
    assert tags.input_tags.string and tags.input_tags.one_d_array and not tags.input_tags.two_d_array
    assert tags.target_tags.required and tags.target_tags.two_d_labels


@pytest.mark.parametrize(
    "use",
    [
        lambda c: c.predict(["席"]),
        lambda c: c.predict_proba(["席"]),
        lambda c: c.score(["席"], [("seats",)]),
        lambda c: c.explain("席"),
        lambda c: c.save("nowhere.npz"),
    ],
)
def test_unfitted_use_is_an_error_of_both_kinds(use):
    for kind in (NotFittedError, cc.InputError):
        with pytest.raises(kind, match="not fitted yet"):
            use(unfitted())


def test_the_error_survives_the_way_back_from_a_process():
    with pytest.raises(NotFittedError) as error:
        unfitted().predict(["席"])
    again = pickle.loads(pickle.dumps(error.value))  # noqa: S301
    assert type(again) is type(error.value) and str(again) == str(error.value)


def test_scoring_does_without_scikit_learn(fitted, tmp_path):
    fitted.save(tmp_path / "m.npz")
    program = """
import sys
sys.modules["sklearn"] = None  # an import of it fails
import comment_classifier as cc
model = cc.load_model("m.npz")
assert model.predict(["席がない"]).shape == model.predict_proba(["席がない"]).shape == (1, 5)
assert model.score(["席がない"], [("seats",)]) == 1.0
assert model.get_params()["settings__c"] == 10.0 and "settings__c=2" in repr(model.set_params(settings__c=2))
try:
    cc.CommentClassifier("tasks").predict(["席"])
except cc.InputError as error:
    assert type(error) is cc.InputError
else:
    raise AssertionError
"""
    result = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr


def test_a_fitted_classifier_survives_pickle_and_joblib(fitted, tmp_path):
    joblib.dump(fitted, tmp_path / "c.joblib")
    for again in (pickle.loads(pickle.dumps(fitted)), joblib.load(tmp_path / "c.joblib")):  # noqa: S301
        np.testing.assert_array_equal(again.predict_proba(TEXTS), fitted.predict_proba(TEXTS))
        assert again.get_params() == fitted.get_params() and again.held_out_.agreement.comments == len(TEXTS)


# What X and y may be

SHAPES_OF_X = {
    "list": TEXTS,
    "tuple": tuple(TEXTS),
    "series": pd.Series(TEXTS, index=range(100, 100 + len(TEXTS))),
    "string series": pd.Series(TEXTS, dtype="string"),
    "object array": np.array(TEXTS, dtype=object),
    "array of str": np.array(TEXTS),
}
SHAPES_OF_Y = {
    "flags": FLAGS,
    "0 and 1": FLAGS.astype(np.int64),
    "0.0 and 1.0": FLAGS.astype(float),
    "lists": FLAGS.tolist(),
    "frame": pd.DataFrame(FLAGS, columns=BOOK.ids, index=range(100, 100 + len(TEXTS))),
    "tuples": LABELS,
    "sets": [set(labels) for labels in LABELS],
    "series of tuples": pd.Series(LABELS, index=range(100, 100 + len(TEXTS))),
    "joined": ["|".join(labels) for labels in LABELS],
}


@pytest.mark.parametrize("name", SHAPES_OF_X)
def test_comments_of_many_shapes(name, fitted):
    again = unfitted().fit(SHAPES_OF_X[name], FLAGS, VOICES)
    np.testing.assert_array_equal(again.model_.weights, fitted.model_.weights)
    np.testing.assert_array_equal(again.predict(SHAPES_OF_X[name]), fitted.predict(TEXTS))


@pytest.mark.parametrize("name", SHAPES_OF_Y)
def test_labels_of_many_shapes(name, fitted):
    again = unfitted().fit(TEXTS, SHAPES_OF_Y[name], VOICES)
    np.testing.assert_array_equal(again.model_.weights, fitted.model_.weights)
    assert again.score(TEXTS, SHAPES_OF_Y[name]) == fitted.score(TEXTS, FLAGS)


def test_the_first_comment_may_have_no_label():
    flags = FLAGS.copy()
    flags[0] = False
    labelled = unfitted().fit(TEXTS, [(), *LABELS[1:]], VOICES)
    np.testing.assert_array_equal(
        labelled.model_.weights, unfitted().fit(TEXTS, flags, VOICES).model_.weights
    )


@pytest.mark.parametrize(
    ("X", "expected"),
    [
        ("席がない", "a single text was given"),
        (pd.DataFrame({"text": TEXTS}), r"a DataFrame of shape \(\d+, 1\) was given .* its one column"),
        (np.array(TEXTS)[:, None], r"a ndarray of shape \(\d+, 1\) was given"),
        (sparse.eye(len(TEXTS), format="csr"), "a sparse csr_matrix of shape"),
        ([[text] for text in TEXTS], "a list of lists was given"),
        (None, "a NoneType was given"),
    ],
)
def test_what_is_no_list_of_texts_is_refused(X, expected, fitted):
    for use in (lambda: unfitted().fit(X, FLAGS), lambda: fitted.predict(X)):
        with pytest.raises(cc.InputError, match=expected):
            use()


@pytest.mark.parametrize(
    ("y", "expected"),
    [
        (None, "the target y is None"),
        (FLAGS[:-1], "y has shape"),
        (FLAGS[:, :-1], "5 categories are needed"),
        (FLAGS * 2, "y holds 2.0; a flag is"),
        (np.where(FLAGS, np.nan, 0.0), "y holds nan"),
        ([*FLAGS.tolist()[:-1], [True]], "differ in length"),
        (list(range(len(TEXTS))), "labels of row 0: 0 is not a list of category ids"),
        ([("lamps",)] * len(TEXTS), "'lamps' is no category of 'reading'"),
    ],
)
def test_what_is_no_label_is_refused(y, expected, fitted):
    for use in (lambda: unfitted().fit(TEXTS, y), lambda: fitted.score(TEXTS, y)):
        with pytest.raises(cc.InputError, match=expected):
            use()


# Score


def test_score_is_micro_f1(fitted):
    expected = f1_score(FLAGS, fitted.predict(TEXTS), average="micro")
    assert 0.8 < fitted.score(TEXTS, FLAGS) == pytest.approx(expected)
    with pytest.raises(cc.InputError, match="no comments to score"):
        fitted.score([], FLAGS[:0])


def test_scorers_of_scikit_learn_agree():
    own, theirs = (
        cross_val_score(unfitted(), TEXTS, FLAGS, cv=SHUFFLED, scoring=s) for s in (None, "f1_micro")
    )
    np.testing.assert_allclose(own, theirs)


# Voices


def test_without_groups_each_comment_is_a_voice_of_its_own():
    alone, numbered = unfitted().fit(TEXTS, FLAGS), unfitted().fit(TEXTS, FLAGS, range(len(TEXTS)))
    assert alone.model_.card["voices"] == numbered.model_.card["voices"] == len(TEXTS)
    np.testing.assert_array_equal(alone.model_.features.words, numbered.model_.features.words)
    assert min(alone.held_out_.agreement.micro_f1, numbered.held_out_.agreement.micro_f1) > 0.5


def test_one_group_per_comment_is_needed():
    with pytest.raises(cc.InputError, match="2 groups for"):
        unfitted().fit(TEXTS, FLAGS, ["a", "b"])


def voices_seen_and_dealt(groups):
    """Return how many voices each fold's classifier has learned from, and how many its folds held."""
    folds, of_fit = GroupKFold(3), {"groups": groups}
    result = cross_validate(
        unfitted(), TEXTS, FLAGS, groups=groups, cv=folds, params=of_fit, return_estimator=True
    )
    seen = [classifier.model_.card["voices"] for classifier in result["estimator"]]
    return seen, [len({groups[i] for i in train}) for train, _ in folds.split(TEXTS, groups=groups)]


@pytest.mark.parametrize("kind", [list, pd.Series, np.array])
def test_folds_hand_on_the_voices_of_their_comments(kind):
    seen, dealt = voices_seen_and_dealt(kind(VOICES))
    assert seen == dealt and max(seen) < 7


def test_folds_of_comments_that_are_voices_of_their_own():
    seen, dealt = voices_seen_and_dealt(list(range(len(TEXTS))))
    assert seen == dealt and min(seen) > 30


# Cross-validation, search, pipeline


@pytest.mark.parametrize("X", SHAPES_OF_X.values(), ids=SHAPES_OF_X)
def test_cross_validation_of_flags(X):
    np.testing.assert_array_equal(
        cross_val_score(unfitted(), X, FLAGS, cv=3), cross_val_score(unfitted(), TEXTS, FLAGS, cv=3)
    )
    assert cross_val_score(unfitted(), X, FLAGS, cv=SHUFFLED).mean() > 0.5


@pytest.mark.parametrize("name", ["tuples", "sets", "series of tuples", "joined", "frame", "lists"])
def test_cross_validation_of_other_labels(name):
    scores = cross_val_score(unfitted(), TEXTS, SHAPES_OF_Y[name], cv=SHUFFLED)
    np.testing.assert_array_equal(scores, cross_val_score(unfitted(), TEXTS, FLAGS, cv=SHUFFLED))


def test_a_number_of_folds_takes_flags_or_sets():
    sets = SHAPES_OF_Y["sets"]
    np.testing.assert_array_equal(
        cross_val_score(unfitted(), TEXTS, sets, cv=3), cross_val_score(unfitted(), TEXTS, FLAGS, cv=3)
    )
    # scikit-learn looks at y to choose the kind of folds, before the classifier sees it.
    with pytest.raises(ValueError, match="legacy multi-label"):
        cross_val_score(unfitted(), TEXTS, LABELS, cv=3)


def test_held_out_probabilities():
    scores = cross_val_predict(unfitted(), TEXTS, FLAGS, cv=SHUFFLED, method="predict_proba")
    assert scores.shape == FLAGS.shape and ((scores >= 0) & (scores <= 1)).all()


@pytest.mark.parametrize(("y", "n_jobs"), [(FLAGS, None), (FLAGS, 2), (LABELS, None)])
def test_grid_search(y, n_jobs, tmp_path):
    grid = {"settings__c": [1, 10], "settings__features__longest_gram": np.array([2, 3])}
    search = GridSearchCV(unfitted(), grid, cv=SHUFFLED, n_jobs=n_jobs, error_score="raise").fit(TEXTS, y)
    best = search.best_estimator_
    assert best.settings.c in (1, 10) and best.settings.features.min_writers == 1
    assert len(set(search.cv_results_["mean_test_score"])) > 1, "the settings make a difference"
    assert search.predict(["席がない"])[0, BOOK.ids.index("seats")] and search.score(TEXTS, y) > 0.8
    best.save(tmp_path / "best.npz")
    assert cc.load_model(tmp_path / "best.npz", BOOK).predict(TEXTS).tolist() == best.predict(TEXTS).tolist()


@pytest.mark.parametrize("X", SHAPES_OF_X.values(), ids=SHAPES_OF_X)
@pytest.mark.parametrize("y", [FLAGS, LABELS], ids=["flags", "tuples"])
def test_pipeline(X, y, fitted):
    pipeline = Pipeline([("clf", unfitted())]).fit(X, y, clf__groups=VOICES)
    np.testing.assert_array_equal(pipeline.predict(X), fitted.predict(TEXTS))
    assert pipeline["clf"].model_.card["voices"] == 7
    assert pipeline.score(X, y) == fitted.score(TEXTS, FLAGS)
    assert Pipeline([("clf", unfitted())]).fit(X, y)["clf"].model_.card["voices"] == len(TEXTS)


def test_search_through_a_pipeline_with_voices():
    search = GridSearchCV(Pipeline([("clf", unfitted())]), {"clf__settings__c": [1, 10]}, cv=GroupKFold(3))
    search.fit(TEXTS, FLAGS, groups=VOICES, clf__groups=VOICES)
    assert search.best_estimator_["clf"].model_.card["voices"] == 7
    assert search.best_estimator_.get_params()["clf__settings__c"] in (1, 10)


@pytest.fixture
def routing():
    with sklearn.config_context(enable_metadata_routing=True):
        yield


def test_routed_groups_reach_both_folds_and_fit(routing):
    search = GridSearchCV(unfitted(), {"settings__c": [1, 10]}, cv=GroupKFold(3))
    assert search.fit(TEXTS, FLAGS, groups=VOICES).best_estimator_.model_.card["voices"] == 7
    pipeline = Pipeline([("clf", unfitted())]).fit(TEXTS, FLAGS, groups=VOICES)
    assert pipeline["clf"].model_.card["voices"] == 7


def test_groups_can_be_routed_under_another_name_or_not_at_all(routing):
    named = clone(unfitted().set_fit_request(groups="voice"))
    search = GridSearchCV(named, {"settings__c": [1]}, cv=SHUFFLED).fit(TEXTS, FLAGS, voice=VOICES)
    assert search.best_estimator_.model_.card["voices"] == 7
    search = GridSearchCV(unfitted().set_fit_request(groups=False), {"settings__c": [1]}, cv=GroupKFold(3))
    assert search.fit(TEXTS, FLAGS, groups=VOICES).best_estimator_.model_.card["voices"] == len(TEXTS)


# scikit-learn's own checks

NUMBERS = "texts have no columns: numbers in X are not counted or refused as in a numeric array"
CODEBOOK = "the codebook, not y, says which categories there are, and a comment has any number of them"
FLAG = "predict gives bool flags, of whatever kind y was"
RULE = "no answer is decided by a rule: its probability is exactly 0 or 1"
WORDS = "refused as scikit-learn wants it, in words of its own"
EXCEPTIONS = {
    "check_complex_data": NUMBERS,
    "check_estimators_empty_data_messages": NUMBERS,
    "check_fit2d_predict1d": NUMBERS,
    "check_n_features_in": NUMBERS,
    "check_n_features_in_after_fitting": NUMBERS,
    "check_classifier_multioutput": CODEBOOK,
    "check_classifiers_classes": CODEBOOK,
    "check_classifiers_one_label": CODEBOOK,
    "check_classifiers_train": CODEBOOK,
    "check_classifiers_multilabel_output_format_predict": FLAG,
    "check_classifiers_multilabel_output_format_predict_proba": RULE,
    "check_classifiers_regression_target": WORDS,
    "check_fit2d_1sample": WORDS,
}


class OfNumbers(cc.CommentClassifier):
    """A translation, since the checks of scikit-learn know numbers only.

    A row of numbers becomes a text with a letter for each column and size, a class a category.
    """

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.one_d_array, tags.input_tags.two_d_array = False, True
        return tags

    def fit(self, X, y, groups=None):
        return super().fit(written(X), categories(y), groups)

    def predict(self, X):
        return super().predict(written(X))

    def predict_proba(self, X):
        return super().predict_proba(written(X))

    def score(self, X, y):
        return super().score(X, categories(y))


def written(X):
    table = X if sparse.issparse(X) else np.asarray(X)
    if table.ndim != 2 or sparse.issparse(X) or table.dtype.kind == "c":
        return table
    sizes = np.clip(np.nan_to_num(table.astype(float)), -5, 5).astype(int) + 5
    return ["".join(chr(0x4E00 + 11 * column + size) for column, size in enumerate(row)) for row in sizes]


def categories(y):
    y = None if y is None else np.asarray(y)
    if y is None or y.dtype.kind == "f" or (y.ndim == 2 and y.shape[1] > 1):
        return y
    return [(BOOK.ids[c % 4],) for c in np.unique(y.ravel(), return_inverse=True)[1]]


with warnings.catch_warnings():
    # That it inherits nothing from scikit-learn, and that text alone leaves little to check.
    warnings.simplefilter("ignore")
    checks = parametrize_with_checks(
        [unfitted(), OfNumbers(BOOK, LOOSE)], expected_failed_checks=lambda _: EXCEPTIONS, xfail_strict=True
    )


@checks
def test_checks_of_scikit_learn(estimator, check):
    try:
        check(estimator)
    except unittest.SkipTest as passed_over:
        # scikit-learn itself passes these over: an array API that is not switched on, and what an
        # estimator without decision_function cannot be asked.
        assert re.search("SCIPY_ARRAY_API|decision_function", str(passed_over))


def test_the_exceptions_are_documented():
    text = (ROOT / "docs" / "library.md").read_text(encoding="utf-8")
    section = text.partition("\n## scikit-learn\n")[2].partition("\n## ")[0]
    assert set(re.findall(r"`(check_\w+)`", section)) == set(EXCEPTIONS)
