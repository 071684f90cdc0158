"""What can go wrong while training."""


class TrainingError(Exception):
    """Base of all errors of training; its text is meant for the person who trains."""


class SourceError(TrainingError):
    """A source file is missing or doesn't say what it should."""


class RunError(TrainingError):
    """A run can't begin or go on: an earlier one is not done, or began with something else."""


class ExportError(TrainingError):
    """The reader loses too much when it is made small."""
