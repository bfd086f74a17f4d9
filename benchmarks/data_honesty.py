"""Do the composed comments look like people's? The labelled data beside figures of real comments.

    python benchmarks/data_honesty.py

The real figures were measured on 207 published comments of Japanese staff about generative AI
(122 of them about uses and time saved); the comments themselves are not part of this project.
"""

import re
from collections import defaultdict
from functools import lru_cache
from itertools import combinations
from pathlib import Path

import pandas as pd

import comment_classifier as cc
from comment_classifier.codebook import shipped_codebooks
from comment_classifier.labels import read_labels
from comment_classifier.text import duplicate_key, normalize
from comment_classifier.tokenizer import split_words

LABELED = Path(__file__).resolve().parent.parent / "data" / "labeled"
GRAM = 3  # characters; near-duplicates are measured by the share of common trigrams
NEAR = 0.7  # Jaccard similarity from which two texts are one text varied
LONG_ENOUGH = 15  # characters; below that people coincide

POLITE = re.compile(r"(です|ます|ました|ません|でした|ください|ございます)[ねよかが。！!…\s]*$")
FILLERS = re.compile("とか|かなと|かなって|なので|っていう|みたいな|って感じ|けど")
HEDGES = re.compile("ただ|ものの|けど|ですが|しかし")
CATEGORY_WORDS = {
    "search": "検索|調べ|情報収集|リサーチ",
    "writing": "作成|作る|文書|文章|下書き|たたき台",
    "ideas": "アイデア|アイディア|企画|案出し|壁打ち",
    "summary": "要約|要点|まとめ",
    "analysis": "分析|集計|比較|分類",
    "excel": "エクセル|ｴｸｾﾙ|excel|関数|数式",
    "programming": "プログラ|コード|マクロ|vba|スクリプト|sql",
    "translation": "翻訳|訳|英語|英文",
    "proofreading": "校正|誤字|脱字|添削|推敲",
}


@lru_cache(maxsize=1)
def labelled() -> pd.DataFrame:
    """All labelled comments, with a column ``codebook``."""
    frames = [
        read_labels(LABELED / f"{name}.csv", cc.load_codebook(name)).assign(codebook=name)
        for name in shipped_codebooks()
    ]
    return pd.concat(frames, ignore_index=True)


def style(frame: pd.DataFrame) -> dict[str, float]:
    """Length, register and naming of a set of comments, as in the table of real ones."""
    texts, lengths = frame["text"], frame["text"].str.len()
    tasks = frame["codebook"] == "tasks"
    naming = re.compile("|".join(CATEGORY_WORDS.values()), re.IGNORECASE)
    stated = tasks & frame["labels"].map(lambda labels: not {"other", "none"} & set(labels))
    spoken = tasks & (frame["question"] == "time_saved")
    return {
        "length, 10th percentile": float(lengths.quantile(0.1)),
        "length, median": float(lengths.median()),
        "length, 90th percentile": float(lengths.quantile(0.9)),
        "100 characters or longer": float((lengths >= 100).mean()),
        "12 characters or shorter": float((lengths <= 12).mean()),
        "です・ます": float(texts.map(lambda t: bool(POLITE.search(t))).mean()),
        "ends in 。": float(texts.str.rstrip().str.endswith("。").mean()),
        "spoken fillers": float(texts.map(lambda t: bool(FILLERS.search(t))).mean()),
        "spoken fillers, time_saved": float(texts[spoken].map(lambda t: bool(FILLERS.search(t))).mean()),
        "hedges": float(texts.map(lambda t: bool(HEDGES.search(t))).mean()),
        "tasks: two or more categories": float((frame.loc[tasks, "labels"].map(len) > 1).mean()),
        "tasks stated without any task word": float(
            (~texts[stated].map(lambda t: bool(naming.search(t)))).mean()
        ),
    }


REAL = {
    "length, 10th percentile": 14,
    "length, median": 32,
    "length, 90th percentile": 121,
    "100 characters or longer": 0.14,
    "12 characters or shorter": 0.08,
    "です・ます": 0.30,
    "ends in 。": 0.26,
    "spoken fillers": 0.21,
    "spoken fillers, time_saved": 0.50,
    "hedges": 0.14,
    "tasks: two or more categories": 0.30,
    "tasks stated without any task word": 0.25,
}


def literal_share(frame: pd.DataFrame) -> dict[str, float]:
    """Per category the share of its comments that say one of its own words."""
    tasks = frame[frame["codebook"] == "tasks"]
    return {
        category: float(
            tasks.loc[tasks["labels"].map(lambda given, c=category: c in given), "text"]
            .map(lambda t, w=words: bool(re.search(w, t, re.IGNORECASE)))
            .mean()
        )
        for category, words in CATEGORY_WORDS.items()
    }


def near_duplicates(frame: pd.DataFrame) -> list[tuple[float, str, str]]:
    """Pairs of longer comments of different voices that share most of their trigrams: similarity, ids."""
    keys = [duplicate_key(t) for t in frame["text"]]
    grams = [{k[i : i + GRAM] for i in range(len(k) - GRAM + 1)} for k in keys]
    holders: dict[str, list[int]] = defaultdict(list)
    for row, (key, its_grams) in enumerate(zip(keys, grams, strict=True)):
        if len(key) >= LONG_ENOUGH:
            for gram in its_grams:
                holders[gram].append(row)
    common: dict[tuple[int, int], int] = defaultdict(int)
    for rows in holders.values():
        if len(rows) <= 200:  # a trigram of nearly everybody tells nothing and costs a square
            for pair in combinations(rows, 2):
                common[pair] += 1
    voices, ids = frame["voice"].tolist(), frame["id"].tolist()
    found = []
    for (a, b), shared in common.items():
        similarity = shared / (len(grams[a]) + len(grams[b]) - shared)
        if similarity >= NEAR and voices[a] != voices[b]:
            found.append((round(similarity, 2), ids[a], ids[b]))
    return sorted(found, reverse=True)


def vocabulary(frame: pd.DataFrame) -> pd.Series:
    """Per voice: different words per 1,000 words, measured on its first 1,000."""
    richness = {}
    for voice, part in frame.groupby("voice"):
        words = [w for its in split_words([normalize(t) for t in part["text"]]) for w in its][:1000]
        richness[voice] = len(set(words))
    return pd.Series(richness)


def main() -> None:
    """Print everything."""
    frame = labelled()
    print(f"{len(frame)} comments, {frame['voice'].nunique()} voices\n")
    print("| property | real | composed |\n|---|---:|---:|")
    for name, value in style(frame).items():
        print(f"| {name} | {REAL[name]:g} | {value:.2f} |")
    print("\n| category | says one of its own words |\n|---|---:|")
    for category, share in literal_share(frame).items():
        print(f"| {category} | {share:.2f} |")
    pairs = near_duplicates(frame)
    print(f"\nnear-duplicates across voices (trigram Jaccard >= {NEAR}): {len(pairs)}")
    for similarity, one, two in pairs[:10]:
        print(f"  {similarity} {one} {two}")
    richness = vocabulary(frame)
    print(f"different words in a voice's first 1,000: {richness.min()} to {richness.max()}")


if __name__ == "__main__":
    main()
