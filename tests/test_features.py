"""The values are scikit-learn's, computed by its own vectorizers on the same words."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.feature_extraction.text import TfidfVectorizer

from comment_classifier.features import FeatureSettings, find_occurrences, learn_features, tfidf
from comment_classifier.text import normalize
from comment_classifier.tokenizer import split_words

TEXTS = [
    normalize(t)
    for t in (
        "議事録の要約", "議事録の作成、要約", "エクセルの関数を調べる", "関数の調べもの\n議事録", "翻訳", "英文メールの翻訳と作成",
        "会議の議事録を要約してもらう", "エクセル関数", "なんでも調べる", "作成作成作成",
    )
]  # fmt: skip
LOOSE = FeatureSettings(min_writers=1, min_comments=1)


def both(texts, settings=LOOSE):
    words = split_words(texts)
    features = learn_features(texts, words, range(len(texts)), settings)
    return features, words


def by_scikit_learn(fitted_on, texts, settings):
    """Two vectorizers side by side, with every feature spelled as scikit-learn would."""

    def word_terms(words):
        return [*words, *(f"{a} {b}" for a, b in zip(words, words[1:], strict=False))]

    def gram_terms(text):
        grams = (
            text[i : i + n]
            for n in range(settings.shortest_gram, settings.longest_gram + 1)
            for i in range(len(text) - n + 1)
        )
        return [g for g in grams if "\n" not in g]

    matrices = []
    for analyzer, prepare in ((word_terms, split_words), (gram_terms, list)):
        vectorizer = TfidfVectorizer(analyzer=analyzer, sublinear_tf=True, min_df=settings.min_comments)
        vectorizer.fit(prepare(fitted_on))
        matrices.append(vectorizer.transform(prepare(texts)))
    return matrices


def test_values_equal_those_of_scikit_learn():
    for settings_ in (
        LOOSE,
        FeatureSettings(min_writers=1, min_comments=2),
        FeatureSettings(True, 2, 5, 1, 1),
    ):
        features, words = both(TEXTS, settings_)
        mine = tfidf(features, find_occurrences(features, TEXTS, words), len(TEXTS))
        word_part, gram_part = by_scikit_learn(TEXTS, TEXTS, settings_)
        assert mine.shape[1] == word_part.shape[1] + gram_part.shape[1]
        # The order of columns differs; sorted values per row and inner products between rows do not.
        expected = word_part @ word_part.T + gram_part @ gram_part.T
        np.testing.assert_allclose((mine @ mine.T).toarray(), expected.toarray(), atol=1e-9)


@given(st.lists(st.text(max_size=30), min_size=1, max_size=5))
@settings(max_examples=200, deadline=None)
def test_unseen_text_is_valued_as_by_scikit_learn(texts):
    texts = [normalize(t) for t in texts]
    features, _ = both(TEXTS)
    mine = tfidf(features, find_occurrences(features, texts, split_words(texts)), len(texts))
    word_part, gram_part = by_scikit_learn(TEXTS, texts, LOOSE)
    expected = word_part @ word_part.T + gram_part @ gram_part.T
    np.testing.assert_allclose((mine @ mine.T).toarray(), expected.toarray(), atol=1e-9)


def test_what_few_writers_use_is_no_feature():
    texts = [normalize(t) for t in ("山田太郎の件", "山田太郎の件を要約", "要約", "要約の件")]
    writers = ["a", "a", "b", "c"]
    features = learn_features(
        texts, split_words(texts), writers, FeatureSettings(min_writers=2, min_comments=1)
    )
    assert "要約" in features.words and "山田" not in features.words
    assert "山" not in features.alphabet


def test_no_grams_and_impossible_lengths():
    features, words = both(
        TEXTS, FeatureSettings(shortest_gram=0, longest_gram=0, min_writers=1, min_comments=1)
    )
    assert len(features) == features.n_word_columns
    assert tfidf(features, find_occurrences(features, TEXTS, words), len(TEXTS)).shape == (
        len(TEXTS),
        len(features),
    )
    with pytest.raises(ValueError, match="n-gram lengths"):
        both(TEXTS, FeatureSettings(shortest_gram=1, longest_gram=9))
