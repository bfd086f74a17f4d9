"""The pages of a review, rendered on the server; every change is a form that is sent."""

from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
from flask import Flask, abort, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from comment_classifier.batch import classify_again
from comment_classifier.counting import PICKED, RANDOM
from comment_classifier.errors import InputError
from comment_classifier.labels import SETTLED
from comment_classifier.model_file import model_path
from comment_classifier.report.page import templates
from comment_classifier.review.decisions import Changed
from comment_classifier.review.export import export_decisions
from comment_classifier.review.filters import Filter, matching
from comment_classifier.review.guard import guard
from comment_classifier.review.training import Trainer
from comment_classifier.review.wave import Wave, open_wave
from comment_classifier.store import find_version, promote

HERE = Path(__file__).parent
PER_PAGE = 30
MOST_DRAWN = 1000
KEYS = "1234567890qwertasdfgzxcvb"  # of the categories; u, n and Enter do other things
CODER = "coder"


def create_app(wave: Wave, labels: Path, models: Path, port: int) -> tuple[Flask, str]:
    """Make the application of a wave's review; return it and the token of this start.

    Args:
        wave: the wave.
        labels: folder of the labelled comments.
        models: folder of the models.
        port: where it will be served.

    """
    app = Flask(__name__, static_folder=str(HERE / "static"), template_folder=None)
    token = guard(app, port)
    pages = templates(HERE / "templates")
    trainer = Trainer(labels, models)
    attributes = _attributes(wave)  # of the input, which no reading changes

    def page(template: str, **shown: Any) -> str:
        known = {"wave": wave, "coder": _coder(), "keys": KEYS, "message": request.args.get("message", "")}
        html: str = pages.get_template(template).render(title=wave.title, **known, **shown)
        return html

    def question_or_404(question: str) -> str:
        if question not in wave.asked:
            abort(404, "その設問はありません。")
        return question

    @app.errorhandler(400)
    @app.errorhandler(403)
    @app.errorhandler(404)
    @app.errorhandler(413)
    def _refused(error: Any) -> tuple[str, int]:
        return pages.get_template("refused.html.j2").render(
            title=wave.title, said=error.description
        ), error.code

    @app.errorhandler(InputError)
    def _wrong_input(error: InputError) -> tuple[str, int]:
        return str(pages.get_template("refused.html.j2").render(title=wave.title, said=str(error))), 400

    @app.get("/")
    def _overview() -> str:
        figures = [wave.question_figures(name) for name in wave.asked]
        progress = {name: _progress(wave, name) for name in wave.asked}
        return page("overview.html.j2", figures=figures, progress=progress)

    @app.post("/coder")
    def _name() -> AnyResponse:
        name = request.form.get(CODER, "").strip()[:40]
        if not name or name == SETTLED:
            abort(400, "お名前を入れてください。")
        answer = redirect("/")
        answer.set_cookie(CODER, name.encode("utf-8").hex(), httponly=True, samesite="Strict")
        return answer

    @app.get("/q/<question>/")
    def _question(question: str) -> str:
        figures = wave.question_figures(question_or_404(question))
        return page("question.html.j2", figures=figures, progress=_progress(wave, question))

    @app.get("/q/<question>/bars")
    def _bars(question: str) -> str:
        figures = wave.question_figures(question_or_404(question))
        return str(pages.get_template("bars.html.j2").render(figures=figures))

    @app.post("/q/<question>/queue")
    def _queue(question: str) -> AnyResponse:
        chosen = request.form.get("chosen", RANDOM)
        n = request.form.get("n", type=int)
        if n is None or not 1 <= n <= MOST_DRAWN or chosen not in (RANDOM, PICKED):
            abort(400, f"件数は 1 から {MOST_DRAWN} までの数です。")
        added = wave.draw(question_or_404(question), n, chosen)
        return redirect(f"/q/{question}/?message={added} 件を読む一覧に加えました。")

    @app.get("/q/<question>/comments")
    def _comments(question: str) -> str:
        asked = wave.asked[question_or_404(question)]
        wanted = Filter.of(request.args)
        rows = matching(wave, question, wanted)
        first = max(0, wanted.page - 1) * PER_PAGE
        shown = wave.show(question, rows[first : first + PER_PAGE], wanted.category)
        return page(
            "comments.html.j2",
            asked=asked,
            wanted=wanted,
            rows=len(rows),
            pages=-(-len(rows) // PER_PAGE),
            comments=shown,
            attributes=attributes,
        )

    @app.get("/q/<question>/read")
    def _read(question: str) -> str | AnyResponse:
        coder = _coder()
        if not coder:
            return redirect("/?message=お名前を入れてから読み始めてください。")
        row = request.args.get("row", type=int)
        if row is None:
            row = wave.next_row(question_or_404(question), coder)
        if row is None or not 0 <= row < len(wave.run.table):
            return redirect(f"/q/{question}/?message=一覧の回答はすべて読み終えました。")
        return read_page(question, row, "")

    def read_page(question: str, row: int, warning: str) -> str:
        (shown,), asked = wave.show(question_or_404(question), [row]), wave.asked[question]
        mine = next((d for d in shown.decisions if d.coder == _coder()), None)
        guess = request.cookies.get("guess") == "1"
        return page(
            "read.html.j2",
            asked=asked,
            shown=shown,
            mine=mine,
            guess=guess,
            warning=warning,
            progress=_progress(wave, question),
            figures=asked.figures[1] if asked.figures else None,
        )

    @app.post("/q/<question>/read")
    def _decide(question: str) -> Any:
        asked, coder = wave.asked[question_or_404(question)], _coder()
        row, seen = (request.form.get(name, type=int) for name in ("row", "seen"))
        given = [c for c in asked.book.ids if c in request.form.getlist("label")]
        if row is None or seen is None or not coder or not 0 <= row < len(wave.run.table):
            abort(400, "送られた内容が読み取れません。")
        if not given or (asked.book.none in given and len(given) > 1):
            alone = asked.book.label(asked.book.none)
            return read_page(
                question, row, f"区分を一つ以上選んでください。「{alone}」は単独で選びます。"
            ), 400
        try:
            note = request.form.get("note", "").strip()[:2000]
            wave.decisions.save(question, row, coder, tuple(given), note, seen)
        except Changed:
            warning = "別のタブでこの回答が読まれています。内容を確かめて、もう一度決めてください。"
            return read_page(question, row, warning), 409
        return redirect(_inside(request.form.get("back", "")) or f"/q/{question}/read", 303)

    @app.post("/q/<question>/undo")
    def _undo(question: str) -> AnyResponse:
        row = wave.decisions.undo(question_or_404(question), _coder())
        if row is None:
            return redirect(f"/q/{question}/read?message=取り消せるものはありません。", 303)
        return redirect(f"/q/{question}/read?row={row}&message=直前の判断を取り消しました。", 303)

    @app.post("/guess")
    def _guess() -> AnyResponse:
        answer = redirect(_inside(request.form.get("back", "")) or "/", 303)
        answer.set_cookie("guess", request.form.get("guess", "0")[:1], httponly=True, samesite="Strict")
        return answer

    @app.get("/q/<question>/settle")
    def _settle(question: str) -> str:
        asked = wave.asked[question_or_404(question)]
        shown = wave.show(question, wave.differing(question)[:PER_PAGE])
        return page("settle.html.j2", asked=asked, comments=shown, agreement=wave.agreement(question))

    @app.post("/q/<question>/settle")
    def _settled(question: str) -> AnyResponse:
        asked, row = wave.asked[question_or_404(question)], request.form.get("row", type=int)
        given = tuple(c for c in asked.book.ids if c in request.form.getlist("label"))
        alone = asked.book.none in given and len(given) > 1
        if row is None or not given or alone or not 0 <= row < len(wave.run.table):
            abort(400, "区分を一つ以上選んでください。")
        with suppress(Changed):  # settled in another tab; the page that follows no longer lists it
            wave.decisions.save(question, row, SETTLED, given, f"決めた人：{_coder()}", 0)
        return redirect(f"/q/{question}/settle", 303)

    @app.post("/export")
    def _export() -> AnyResponse:
        count = export_decisions(wave, labels)
        return redirect(
            f"/?message={labels} へ {count} 件のラベルを書き出しました(同じものは二重にしません)。", 303
        )

    @app.post("/report")
    def _report() -> AnyResponse:
        rewrite(wave, models)
        return redirect("/?message=報告書と表を書き直しました。", 303)

    @app.get("/train")
    def _training() -> str:
        books = {asked.book.id: asked.book for asked in wave.asked.values()}
        return page("train.html.j2", books=books, trainer=trainer, labels=labels)

    @app.post("/train/<codebook>")
    def _train(codebook: str) -> AnyResponse:
        book = next((a.book for a in wave.asked.values() if a.book.id == codebook), None) or abort(404)
        export_decisions(wave, labels)
        trainer.start(book)
        return redirect("/train", 303)

    @app.post("/train/<codebook>/promote")
    def _promote(codebook: str) -> AnyResponse:
        number = request.form.get("number", type=int)
        if number is None:
            abort(400, "版の番号がありません。")
        promote(find_version(codebook, number, models), models)
        trainer.forget(codebook)
        rewrite(wave, models)
        return redirect("/?message=新しいモデルに替え、この回を分類し直しました。", 303)

    @app.post("/train/<codebook>/keep")
    def _keep(codebook: str) -> AnyResponse:
        trainer.forget(codebook)
        return redirect("/train?message=今のモデルのままにしました。", 303)

    return app, token


def rewrite(wave: Wave, models: Path) -> None:
    """Classify the wave again with the models of now and what was read, and take the result up."""
    survey = wave.run.survey()
    asked = [
        replace(q, model=wave.asked[q.question].asked.model or model_path(q.codebook, models))
        for q in survey.questions
    ]
    readings: dict[str, pd.DataFrame] = {name: wave.reading(name) for name in wave.asked}
    classify_again(wave.run, replace(survey, questions=tuple(asked)), readings)
    files = tuple(a.asked.model for a in wave.asked.values() if a.asked.model)
    fresh = open_wave(wave.run.folder, models, files)
    wave.run, wave.asked = fresh.run, fresh.asked


def _inside(path: str) -> str:
    """Return an address within these pages, blank for any other."""
    return path if path.startswith("/") and not path.startswith(("//", "/\\")) else ""


def _coder() -> str:
    try:
        return bytes.fromhex(request.cookies.get(CODER, "")).decode("utf-8")
    except ValueError:
        return ""


def _progress(wave: Wave, question: str) -> dict[str, Any]:
    """Say how many comments are to be read, and how many each coder has."""
    queue = wave.decisions.queue(question)
    read: dict[str, int] = {}
    for decision in wave.decisions.latest(question):
        if decision.row in queue and decision.coder != SETTLED:
            read[decision.coder] = read.get(decision.coder, 0) + 1
    random = sum(how == RANDOM for how in queue.values())
    return {"queue": len(queue), "random": random, "read": read, "differing": len(wave.differing(question))}


def _attributes(wave: Wave) -> dict[str, list[str]]:
    """Return the input columns with few values, to filter by."""
    texts = {q.column for q in wave.run.survey().questions}
    table = wave.run.input_table
    found = {}
    for name in table.columns:
        values = table[name].unique() if name not in texts else []
        if 2 <= len(values) <= 60:
            found[str(name)] = sorted(map(str, values))
    return found
