"""Documents in, ranked passages out."""

import os

# ONNX Runtime 1.29 and newer tell Microsoft of every process that uses them, unless this is said
# before they are imported. `reader` says it too, since neither of the packages knows the other.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
