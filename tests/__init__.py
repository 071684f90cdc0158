"""The tests, which mirror the packages."""

import os

# Tests run side by side, a process for each core. Threads of a process that share a loop spin while
# they wait for each other, which took ten times the loop's own time. It is said here, before
# anything that reads it is imported, and processes that tests start inherit it.
os.environ.setdefault("OMP_NUM_THREADS", "1")
