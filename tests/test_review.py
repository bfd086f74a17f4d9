"""The review page in a real browser: reading by keyboard, a killed server, two coders, training; and who may ask."""

import csv
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import urllib.error
import urllib.request

import pytest

import comment_classifier as cc
from comment_classifier.batch import classify_file
from comment_classifier.counting import PICKED, RANDOM
from comment_classifier.labels import read_labels
from comment_classifier.review.decisions import Changed, Decisions
from comment_classifier.review.wave import open_wave
from comment_classifier.store import versions
from comment_classifier.survey import single_question
from conftest import EXAMPLES, ROOT, needs

HOSTILE = "<script>document.title='x'</script><img src=x onerror=alert(1)>りんご"


class Served:
    """A review page in a process of its own."""

    def __init__(self, *arguments):
        command = [sys.executable, "-m", "comment_classifier", "review", "--no-browser", *map(str, arguments)]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        line = self.process.stdout.readline()
        self.address = re.search(r"http://127\.0\.0\.1:\d+/start\?token=\S+", line).group()
        self.base = self.address.partition("/start")[0]

    def kill(self):
        self.process.send_signal(signal.SIGKILL if hasattr(signal, "SIGKILL") else signal.SIGTERM)
        self.process.wait(30)


@pytest.fixture
def serve():
    """Start review pages; none outlives its test."""
    started = []

    def start(*arguments):
        started.append(Served(*arguments))
        return started[-1]

    yield start
    for served in started:
        served.kill()


@pytest.fixture
def example(tmp_path):
    """The example wave, classified, with labels and models of its own."""
    survey = cc.load_survey(EXAMPLES / "staff_survey_2024.toml")
    classify_file(EXAMPLES / "staff_survey_2024.csv", survey, tmp_path / "out", by=["所属"])
    (tmp_path / "labeled").mkdir()
    shutil.copy(ROOT / "data" / "labeled" / "non_use.csv", tmp_path / "labeled")
    shutil.copytree(ROOT / "models", tmp_path / "models")
    return tmp_path


@pytest.fixture
def hostile(tmp_path, fruit_toml, fruit_model_file, serve):
    path = tmp_path / "wave.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(
            [["好物"], *([text] for text in (HOSTILE, "みかん", "みかん", "なし", ""))]
        )
    classify_file(path, single_question("好物", "best", str(fruit_toml), fruit_model_file), tmp_path / "out")
    return serve(tmp_path / "out", "--model", fruit_model_file)


def truths(question):
    """The true labels of the example wave by id."""
    table = cc.read_table(EXAMPLES / "staff_survey_2024_truth.csv")
    table = table[table["question"] == question]
    return dict(zip(table["回答ID"], table["labels"].str.split("|"), strict=True))


def name(page, coder):
    page.fill("#coder", coder)
    with page.expect_navigation():
        page.click("text=決める")


def read(page, truth, n):
    """Read n comments by keyboard, by their truth."""
    for _ in range(n):
        who = re.search(r"A\d{4}", page.text_content(".where")).group()
        for box in page.query_selector_all("input[data-key]"):
            if box.get_attribute("value") in truth[who]:
                page.keyboard.press(box.get_attribute("data-key"))
        with page.expect_navigation():
            page.keyboard.press("Enter")


@needs("chromium")
def test_read_by_keyboard_kill_the_server_go_on_export_train_and_see_new_bars(browser, example, serve):
    truth = truths("non_use")
    arguments = (example / "out", "--labels", example / "labeled", "--models", example / "models")
    served = serve(*arguments)
    page = browser.new_context(viewport={"width": 1366, "height": 768}).new_page()
    asked, faults = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.goto(served.address)
    name(page, "山田")
    page.goto(f"{served.base}/q/non_use/")
    page.fill("#n", "40")
    page.click("text=一覧に加える")
    assert "40 件を読む一覧に加えました" in page.text_content(".message")
    page.click("text=続きを読む")
    page.wait_for_selector("#bars .bar-link")
    assert page.evaluate("document.documentElement.scrollWidth <= 1366")
    read(page, truth, 18)
    served.kill()
    served = serve(*arguments)
    page.goto(served.address)
    page.goto(f"{served.base}/q/non_use/read")
    assert "読了 18 / 40 件" in page.text_content(".where")
    before = page.text_content(".where")
    read(page, truth, 1)
    page.keyboard.press("u")
    page.wait_for_selector("text=直前の判断を取り消しました")
    assert page.text_content(".where") == before
    read(page, truth, 12)
    page.wait_for_selector("#bars .range")  # 20 are read: intervals have appeared
    page.wait_for_selector("#bars >> text=無作為に選んだ 30 件")  # and follow what is read
    read(page, truth, 10)
    assert "すべて読み終えました" in page.text_content(".message")
    page.goto(served.base)
    page.click("text=ラベルを書き出す")
    assert "40 件のラベルを書き出しました" in page.text_content(".message")
    page.click("text=ラベルを書き出す")
    assert "へ 0 件のラベル" in page.text_content(".message")
    book = cc.load_codebook("non_use")
    held = read_labels(example / "labeled" / "non_use.csv", book)
    mine = held[held["coder"] == "山田"]
    assert (
        len(mine) == 40
        and set(mine["chosen"]) == {RANDOM}
        and set(mine["source"]) == {"staff_survey_2024.csv"}
    )
    page.goto(f"{served.base}/train")
    page.click("section[aria-labelledby=t-non_use] >> text=学習する")
    page.wait_for_selector("text=新しいモデルに替える", timeout=120_000)
    assert "40 件)で比べた結果" in page.text_content("section[aria-labelledby=t-non_use]")
    page.click("text=新しいモデルに替える")
    page.wait_for_selector("text=この回を分類し直しました", timeout=120_000)
    assert versions("non_use", example / "models")[-1].current
    counts = cc.read_table(example / "out" / "counts.csv")
    assert (counts.loc[counts["question"] == "non_use", "low"] != "").all()
    assert "無作為に選んだ 40 件を人が読み" in (example / "out" / "report.html").read_text(encoding="utf-8")
    page.goto(f"{served.base}/q/non_use/")
    assert page.query_selector(".range") is not None
    assert faults == [] and all(url.startswith(served.base) or "127.0.0.1" in url for url in asked)


@needs("chromium")
def test_a_bar_leads_to_its_comments_and_filters_narrow_them(browser, example, serve):
    served = serve(example / "out", "--labels", example / "labeled", "--models", example / "models")
    page = browser.new_context().new_page()
    page.goto(served.address)
    page.click("section[aria-labelledby=q-use_cases] >> text=文章要約")
    count = int(re.search(r"([\d,]+) 件", page.text_content("p[role=status]")).group(1))
    counts = cc.read_table(example / "out" / "counts.csv")
    summary = counts[(counts["question"] == "use_cases") & (counts["category"] == "summary")]
    assert count == int(summary["count"].iloc[0]) and page.query_selector("mark") is not None
    page.fill("input[name=search]", "議事録")
    page.click("text=絞り込む")
    shown = page.query_selector_all(".list li")
    assert 0 < len(shown) < count and all("議事録" in item.text_content() for item in shown)
    page.goto(f"{served.base}/q/use_cases/comments?state=copies")
    assert all("同じ文面" in item.text_content() for item in page.query_selector_all(".list li"))
    page.goto(f"{served.base}/q/use_cases/comments?attribute=所属=資産税課")
    table = cc.read_table(example / "out" / "comments.csv")
    expected = (
        (table["所属"] == "資産税課") & (table["具体的な利用事例を教えてください"].str.strip() != "")
    ).sum()
    assert int(re.search(r"([\d,]+) 件", page.text_content("p[role=status]")).group(1)) == expected


@needs("chromium")
def test_comments_are_shown_as_text_and_two_tabs_do_not_overwrite_each_other(browser, hostile):
    context = browser.new_context()
    one = context.new_page()
    one.goto(hostile.address)
    name(one, "山田")
    one.goto(f"{hostile.base}/q/best/read?row=0")
    assert (
        HOSTILE in one.text_content(".comment")
        and one.title() != "x"
        and not one.query_selector(".comment img")
    )
    two = context.new_page()
    two.goto(f"{hostile.base}/q/best/read?row=0")
    with one.expect_navigation():
        one.keyboard.press("1")
        one.keyboard.press("Enter")
    two.keyboard.press("2")
    two.keyboard.press("Enter")
    two.wait_for_selector("text=別のタブでこの回答が読まれています")
    assert two.is_checked("#c-apple") and not two.is_checked("#c-orange")
    two.keyboard.press("4")  # no answer stands alone
    assert two.is_checked("#c-none") and not two.is_checked("#c-apple")


@needs("chromium")
def test_two_coders_read_apart_and_a_third_page_settles(browser, hostile):
    labels = {"山田": "1", "佐藤": "2"}
    for coder, key in labels.items():
        page = browser.new_context().new_page()
        page.goto(hostile.address)
        name(page, coder)
        for row, pressed in ((0, key), (1, "2")):
            page.goto(f"{hostile.base}/q/best/read?row={row}")
            assert page.query_selector("input[data-key]:checked") is None  # apart: the other's is not shown
            page.keyboard.press(pressed)
            with page.expect_navigation():
                page.keyboard.press("Enter")
    page.goto(f"{hostile.base}/q/best/settle")
    text = page.text_content("main")
    assert "二人が読んだ回答 2 件" in text and "すべて同じもの 50.0%" in text and HOSTILE in text
    page.uncheck("input[value=orange]") if page.is_checked("input[value=orange]") else None
    page.check("input[value=apple]")
    page.click("text=これに決める")
    assert "判断が分かれた回答はありません" in page.text_content("main")


def ask(url, method="GET", body=None, **headers):
    request = urllib.request.Request(url, method=method, data=body, headers=headers)
    opener = urllib.request.build_opener(NoRedirect)
    try:
        with opener.open(request, timeout=20) as answer:
            return answer.status, answer.headers
    except urllib.error.HTTPError as error:
        return error.code, error.headers


class NoRedirect(urllib.request.HTTPRedirectHandler):
    """Show redirects instead of following them."""

    def redirect_request(self, *arguments):
        return None


def test_only_the_person_who_started_it_may_ask(hostile):
    base, port = hostile.base, hostile.base.rpartition(":")[2]
    assert ask(f"{base}/")[0] == 403
    assert ask(f"{base}/start?token=wrong")[0] == 403
    status, headers = ask(hostile.address)
    assert (
        status == 302 and "HttpOnly" in headers["Set-Cookie"] and "SameSite=Strict" in headers["Set-Cookie"]
    )
    cookie = headers["Set-Cookie"].partition(";")[0]
    form = b"coder=a"
    good = {"Cookie": cookie, "Content-Type": "application/x-www-form-urlencoded"}
    status, headers = ask(f"{base}/", **good)
    assert status == 200 and "default-src 'none'" in headers["Content-Security-Policy"]
    assert ask(f"{base}/", Cookie=cookie, Host="evil.example")[0] == 403
    assert ask(f"{base}/", Cookie=cookie, Host=f"evil.example:{port}")[0] == 403
    for bad in ({"Origin": "http://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}):
        assert ask(f"{base}/coder", "POST", form, **good, **bad)[0] == 403
    assert (
        ask(f"{base}/coder", "POST", form, **good, Origin=base, **{"Sec-Fetch-Site": "same-origin"})[0] == 302
    )
    assert ask(f"{base}/coder", "POST", b"coder=" + b"a" * (2 << 20), **good)[0] == 413
    assert ask(f"{base}/q/best/../../etc/passwd", **good)[0] == 404
    assert ask(f"{base}/q/none/", **good)[0] == 404
    moved, headers = ask(f"{base}/guess", "POST", b"back=//evil.example", **good)
    assert moved == 303 and headers["Location"] == "/"


def test_a_page_that_no_wave_lies_behind_is_refused(tmp_path):
    result = subprocess.run(
        [sys.executable, "-m", "comment_classifier", "review", str(tmp_path)], capture_output=True, text=True
    )
    assert result.returncode == 1 and "holds no usable run.json" in result.stderr


def test_decisions_of_many_threads_are_all_kept(tmp_path):
    store = Decisions(tmp_path / "d.sqlite")

    def work(coder):
        for row in range(25):
            store.save("q", row, coder, ("apple",), "", 0)

    threads = [threading.Thread(target=work, args=(coder,)) for coder in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(store.latest("q")) == 100
    with pytest.raises(Changed):
        store.save("q", 0, "a", ("orange",), "", 0)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork and kill -9, which Windows does not have")
def test_a_decision_that_was_saved_survives_kill_minus_nine(tmp_path):
    path = tmp_path / "d.sqlite"
    for row in range(20):
        child = os.fork()
        if child == 0:
            Decisions(path).save("q", row, "a", ("apple",), "", 0)
            os.kill(os.getpid(), signal.SIGKILL)
        os.waitpid(child, 0)
    assert [d.row for d in Decisions(path).latest("q")] == list(range(20))


def test_a_comment_picked_first_and_then_drawn_counts_as_random(tmp_path, fruit_toml, fruit_model_file):
    path = tmp_path / "wave.csv"
    path.write_text("好物\n" + "\n".join(f"りんご{i}" for i in range(30)) + "\n", encoding="utf-8")
    classify_file(path, single_question("好物", "best", str(fruit_toml), fruit_model_file), tmp_path / "out")
    wave = open_wave(tmp_path / "out", tmp_path, (fruit_model_file,))
    assert wave.draw("best", 5, PICKED) == 5
    picked = set(wave.decisions.queue("best"))
    assert wave.draw("best", 10, RANDOM) == 10 and wave.draw("best", 20, RANDOM) == 20
    queue = wave.decisions.queue("best")
    assert len(queue) == 30 and set(queue.values()) == {RANDOM} and picked < set(queue)


def test_what_is_wrong_is_said_on_the_page_and_an_empty_list_is_no_error(hostile, tmp_path):
    (tmp_path / "out" / "labeled").mkdir()
    (tmp_path / "out" / "labeled" / "fruit.csv").write_text("id,text,labels\n1,柿,grape\n", encoding="utf-8")
    jar = urllib.request.HTTPCookieProcessor()
    opener = urllib.request.build_opener(jar)
    opener.open(hostile.address)
    opener.open(f"{hostile.base}/coder", b"coder=a")
    assert "0 件" in opener.open(f"{hostile.base}/q/best/comments?search=zzz").read().decode()
    opener.open(f"{hostile.base}/q/best/read", b"row=1&seen=0&label=orange")
    with pytest.raises(urllib.error.HTTPError) as refused:
        opener.open(f"{hostile.base}/export", b"x=")
    assert refused.value.code == 400 and "grape" in refused.value.read().decode()
