"""The one error that means: what was given cannot be used, and here is what to do about it."""


class InputError(ValueError):
    """A file, a column, an option or a codebook is wrong.

    The message is one line for a person: what is wrong, where, and the remedy.
    The command line prints it and ends with status 1.
    """
