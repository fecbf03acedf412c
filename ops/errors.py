"""The one error of the operations commands: a sentence for the person at the screen, never a stack trace."""


class OpsError(Exception):
    """Something the operator has to know or to do; its text is all that is printed."""
