"""What can go wrong while measuring."""


class EvaluationError(Exception):
    """Base of all errors of measuring; its text is meant for the person who measures."""


class QuestionsError(EvaluationError):
    """A file of questions can't be used; the text says where and why."""


class CalibrationError(EvaluationError):
    """These questions don't calibrate this reader."""


class PlotError(EvaluationError):
    """The picture can't be made."""
