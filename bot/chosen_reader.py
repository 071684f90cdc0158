"""The reader that is set, and the calibration and tuning that count for it."""

from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from answering.calibration import ChosenCalibration, choose_calibration
from answering.tuning import ChosenTuning, choose_tuning
from bot.added_readers import AddedReaders
from bot.settings import CALIBRATION_NAME, TUNING_NAME, Settings
from bot.torch_readers import open_on_torch
from prompts import render
from reader import SHIPPED_READER
from reader.errors import ReaderError
from reader.model import OnnxReader, Reader, read_manifest, shipped_weights


def open_reader(settings: Settings) -> Reader:
    """
    Open the reader that is set.

    Raises:
        ReaderError: If it can't be found, or is damaged.
    """
    folder = reader_folder(settings)
    if folder is not None:
        return OnnxReader(folder, settings.threads)
    return open_on_torch(reader_name(settings), settings.threads)


def reader_opening(settings: Settings) -> Future[Reader]:
    """Begin to open the reader that is set, in a thread of its own; see `open_reader`."""
    beside = ThreadPoolExecutor(max_workers=1, thread_name_prefix="opening")
    opening = beside.submit(open_reader, settings)
    beside.shutdown(wait=False)
    return opening


def reader_name(settings: Settings) -> str:
    """
    What the reader is called that answers.

    Raises:
        ReaderError: If the one that was chosen can't be told.
    """
    return settings.reader or AddedReaders(settings.readers).used or SHIPPED_READER


def reader_folder(settings: Settings) -> Path | None:
    """
    Find the folder of the reader that is set, if it runs without torch.

    Raises:
        ReaderError: If the one that was chosen can't be told, or is gone.
    """
    name = reader_name(settings)
    if name == SHIPPED_READER:
        return shipped_weights()
    added = AddedReaders(settings.readers)
    if name in added.names():
        return added.folder(name)
    if settings.reader is None:
        raise ReaderError(
            f'The reader "{name}" was chosen and is gone. To answer with the one that comes with '
            f"Quoth: quoth reader use {SHIPPED_READER}"
        )
    return None


def reader_sha256(settings: Settings) -> str | None:
    """
    Tell which reader is set without opening it; None if it runs on torch.

    Raises:
        ReaderError: If it can't be told.
    """
    folder = reader_folder(settings)
    return None if folder is None else read_manifest(folder).sha256


def calibration_for(settings: Settings, reader: Reader, encoder_sha256: str) -> ChosenCalibration:
    """
    Find the calibration for a reader and an encoder.

    Raises:
        ReaderError: If the one that was made for them is damaged.
    """
    return choose_calibration(
        settings.calibration,
        _folder_of(reader) / CALIBRATION_NAME,
        reader_sha256=reader.sha256,
        encoder_sha256=encoder_sha256,
    )


def tuning_for(reader: Reader, encoder_sha256: str) -> ChosenTuning:
    """
    Find the tuning for a reader and an encoder.

    Raises:
        ReaderError: If the one that was made for them is damaged.
    """
    return choose_tuning(
        _folder_of(reader) / TUNING_NAME,
        reader_sha256=reader.sha256,
        encoder_sha256=encoder_sha256,
    )


def _folder_of(reader: Reader) -> Path:
    """Where what was fitted for an open reader lies; another may have been chosen since."""
    return reader.folder if isinstance(reader, OnnxReader) else shipped_weights()


def tuning_notice(settings: Settings, chosen: ChosenTuning) -> str:
    """Say that nothing was tuned for these models, and what follows; "" where something was."""
    if not chosen.differs:
        return ""
    return render(
        "tuning_notice.txt",
        differs=chosen.differs,
        reader=reader_name(settings),
        encoder=settings.encoder,
    )


def calibration_notice(settings: Settings, chosen: ChosenCalibration) -> str:
    """Say which calibration does not count, and what follows; "" where all is as it should be."""
    if not (chosen.own_differs or chosen.shipped_differs):
        return ""
    return render(
        "calibration_notice.txt",
        own=settings.calibration,
        own_differs=chosen.own_differs,
        shipped_differs=chosen.shipped_differs,
        reader=reader_name(settings),
        encoder=settings.encoder,
    )
