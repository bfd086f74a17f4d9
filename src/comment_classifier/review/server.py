"""Starting the review page: a server on this PC only, and the browser."""

import socket
import sys
import webbrowser
from pathlib import Path

from comment_classifier.errors import InputError
from comment_classifier.review.app import create_app
from comment_classifier.review.wave import open_wave


def serve(
    folder: Path,
    labels: Path,
    models: Path,
    model_files: tuple[Path, ...] = (),
    port: int = 0,
    browse: bool = True,
) -> None:
    """Serve the review page of a wave on 127.0.0.1 until stopped.

    Args:
        folder: what ``classify`` wrote.
        labels: folder of the labelled comments, for export and training.
        models: folder of the models.
        model_files: models of one's own codebooks.
        port: 0 for any free one.
        browse: open the browser.

    Raises:
        InputError: the folder holds no run, a model is missing, or the port is taken.

    """
    from waitress.server import create_server

    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    if sys.platform != "win32":  # where it would let two programs share the port
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(("127.0.0.1", port))
    except OSError:
        raise InputError(f"port {port}: is taken. Choose another --port") from None
    port = listener.getsockname()[1]
    app, token = create_app(open_wave(folder, models, model_files), labels, models, port)
    server = create_server(app, sockets=[listener], threads=8, ident=None)
    address = f"http://127.0.0.1:{port}/start?token={token}"
    sys.stdout.write(f"open {address}\nstop with Ctrl+C; every decision is kept at once\n")
    sys.stdout.flush()
    if browse:
        webbrowser.open(address)
    server.run()
