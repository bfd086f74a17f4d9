"""What figures say, in one sentence computed from them.

Each sentence follows a rule that stands in the docstring of its function: no judgement, no cause, and
no word that the figures do not hold.
"""

from collections.abc import Sequence

from comment_classifier.rounding import half_up

_NAMED = 3  # in a sentence, and who ties with the third
_MOST_NAMED = 8  # of those who tie


def reading_of_counts(
    bars: Sequence[tuple[str, int, float, tuple[int, int] | None]], base_n: int, estimated: bool
) -> str:
    """Name the three largest categories that have a comment; say where their order is not certain.

    Equal counts share a rank, and none of them is left out. If the counts are estimated and the intervals
    of the first and the second overlap, which of them is larger is left open.

    Args:
        bars: label, count, share in percent and interval of the named categories, the largest first.
        base_n: answers.
        estimated: whether the counts have intervals.

    """
    filled = [bar for bar in bars if bar[1]]
    if not base_n:
        return "回答はない。"
    if not filled:
        return "どの区分にも回答がない。"
    _, count, share, first = filled[0]
    unit = "件(推定)" if estimated else "件"
    largest = f"が {count:,} {unit}(回答の {share:.1f} %)で"
    said = _ranked([(bar[0], bar[1], f"{bar[1]:,} 件") for bar in filled], largest)
    second = filled[1][3] if len(filled) > 1 else None
    if first and second and second[1] >= first[0]:
        said += f"。{'' if filled[1][1] == count else '1位と2位は'}区間が重なり、順は確かでない"
    return f"{said}。"


def reading_of_shares(choices: Sequence[tuple[str, int, float]], base_n: int, several: bool) -> str:
    """Name every choice if there are two, else the three chosen most; more than half is called so.

    Equal counts share a rank, and none of them is left out.

    Args:
        choices: label, respondents and share in percent, in the order of the survey.
        base_n: those who answered.
        several: whether one respondent may choose several.

    """
    if not base_n:
        return "回答はない。"
    if len(choices) == 2 and not several:
        return "、".join(f"「{label}」は {share:.1f} %({n:,} 人)" for label, n, share in choices) + "。"
    ranked = sorted((c for c in choices if c[1]), key=lambda c: -c[1])
    _, n, share = ranked[0]
    figures = [(label, n, f"{share:.1f} %({n:,} 人)") for label, n, share in ranked]
    return f"{_ranked(figures, f'が {share:.1f} %({n:,} 人)で', '半数を超えて' if 2 * n > base_n else '')}。"


def reading_of_times(base: str, comments: int, with_time: int, with_day: int, median: float) -> str:
    """Say the median minutes a day of one respondent, and of how many answers."""
    if not with_day:
        return f"回答 {comments:,} 件のうち時間を書いたものは {with_time:,} 件。1日あたりに直せるものはない。"
    return (
        f"{base or '回答者'}一人あたり1日換算で約 {_minutes(median)}(時間を書いた回答 {with_time:,} 件のうち"
        f"1日あたりに直せた {with_day:,} 件の中央値)。"
    )


def reading_of_change(
    label: str, first: float, second: float, difference: float, low: float, high: float
) -> str:
    """Say whether a share is lower or higher than before, or that no change can be told.

    Args:
        label: of the choice or category.
        first: share in the earlier wave, in percent.
        second: in the later one.
        difference: in points.
        low: the lower end of its interval.
        high: the upper end; if the interval holds 0, no change can be told.

    """
    shares = f"前の回 {printed(first, 1)} % → 今の回 {printed(second, 1)} %"
    interval = f"差 {_signed(difference)} ポイント、95% 区間 {_signed(low)}～{_signed(high)}"
    if low <= 0 <= high:
        return f"「{label}」は変わったとはいえない({shares}、{interval})。"
    return f"「{label}」は前の回より{'上昇' if difference > 0 else '低下'}している({shares}、{interval})。"


def printed(value: float, digits: int = 0) -> str:
    """Return a number as it is printed, rounded half up."""
    return f"{half_up(value, digits):,.{digits}f}"


def _signed(points: float) -> str:
    return f"{half_up(points, 1):+.1f}"


def _minutes(minutes: float) -> str:
    if abs(minutes) < 120:
        return f"{printed(minutes)} 分"
    return f"{printed(minutes / 60, 1)} 時間"


def _ranked(figures: Sequence[tuple[str, int, str]], largest: str, more_than_half: str = "") -> str:
    """Name the largest and the two that follow; who ties with one of the three is named, too.

    Args:
        figures: label, count and figure in words, the largest first.
        largest: what is said of the largest.
        more_than_half: what is said of it if nothing ties with it.

    """
    count, least = figures[0][1], figures[:_NAMED][-1][1]
    ties = [label for label, its, _ in figures if its == count]
    how = "並んで" if len(ties) > 1 else more_than_half
    said = f"{_quoted(ties)}{largest}{how}最も多い"
    following = [f"「{label}」{figure}" for label, its, figure in figures if least <= its < count]
    return f"{said}。次いで{_listed(following)}" if following else said


def _quoted(labels: Sequence[str]) -> str:
    return "".join(f"「{label}」" for label in labels[:_MOST_NAMED]) + _and_more(labels)


def _listed(said: Sequence[str]) -> str:
    return "、".join(said[:_MOST_NAMED]) + _and_more(said)


def _and_more(of: Sequence[str]) -> str:
    return f"ほか {len(of) - _MOST_NAMED:,} 区分" if len(of) > _MOST_NAMED else ""
