"""Who may ask: the person who started the page, from this very PC, and no site through their browser."""

import hmac
import secrets
from typing import Any

from flask import Flask, Response, abort, redirect, request

MOST_BYTES = 1 << 20
COOKIE = "review"
_POLICY = (
    "default-src 'none'; style-src 'self' 'unsafe-inline'; script-src 'self'; connect-src 'self'; "
    "img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


def guard(app: Flask, port: int) -> str:
    """Let only requests through that carry the token of this start; return the token.

    The token comes once, in the address that the program opens, and then lives in a cookie. Refused
    are other hosts in the ``Host`` header (rebinding), other sites in ``Origin`` or ``Sec-Fetch-Site``,
    and bodies over 1 MiB. A page loads nothing from elsewhere and runs no script but its own file.
    """
    token = secrets.token_urlsafe(32)
    hosts = {f"127.0.0.1:{port}", f"localhost:{port}"}
    app.config["MAX_CONTENT_LENGTH"] = MOST_BYTES

    @app.before_request
    def _check() -> Any:
        if request.host not in hosts:
            abort(403, "この住所からは使えません。")
        if request.headers.get("Sec-Fetch-Site", "none") not in ("none", "same-origin"):
            abort(403, "ほかのサイトからは使えません。")
        origin = request.headers.get("Origin")
        if origin is not None and origin not in {f"http://{host}" for host in hosts}:
            abort(403, "ほかのサイトからは使えません。")
        if request.path == "/start":
            if not _same(request.args.get("token", ""), token):
                abort(403, "この住所は使えません。プログラムが表示した住所を開いてください。")
            answer = redirect("/")
            answer.set_cookie(COOKIE, token, httponly=True, samesite="Strict")
            return answer
        if not _same(request.cookies.get(COOKIE, ""), token):
            abort(403, "プログラムが表示した住所を開いてください。")
        return None

    @app.after_request
    def _seal(answer: Response) -> Response:
        answer.headers["Content-Security-Policy"] = _POLICY
        answer.headers["X-Content-Type-Options"] = "nosniff"
        # not "no-referrer": browsers then send "Origin: null" with our own forms, too
        answer.headers["Referrer-Policy"] = "same-origin"
        answer.headers["Cross-Origin-Opener-Policy"] = "same-origin"
        if not request.path.startswith("/static/"):
            answer.headers["Cache-Control"] = "no-store"
        return answer

    return token


def _same(one: str, two: str) -> bool:
    return hmac.compare_digest(one.encode(), two.encode())
