"""Archives as tests make them."""

import io
import zipfile
from collections.abc import Mapping


def package(members: Mapping[str, str | bytes]) -> bytes:
    """A ZIP archive of members, by their names."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()
