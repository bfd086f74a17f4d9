"""``python -m comment_classifier`` is the command ``comment-classifier``."""

import sys

from comment_classifier.cli import main

sys.exit(main())
