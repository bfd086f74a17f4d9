"""The review page: a wave's bars, its comments, and reading them, on one's own PC."""

from comment_classifier.review.app import create_app
from comment_classifier.review.server import serve

__all__ = ["create_app", "serve"]
