"""The names of collections."""

import re

# The collection of the seeds; others bring their own documents.
BASE_COLLECTION = "base"

# A name is a folder's name, so it can't lead out of where it belongs.
COLLECTION_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
