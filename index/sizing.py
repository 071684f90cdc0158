"""What depends on how many passages there are: every such choice, with its reason."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sizing:
    """
    The choices that depend on how many passages there are.

    `docs/lab/scale.md` has the measurements that `benchmarks/scale.py` made.
    """

    exact_up_to: int = 50_000
    """Passages whose vectors are searched one by one. Of more, short codes are searched first,
    and a few neighbours are missed."""
    numbers_per_code: int = 4
    """A code of 4 bits stands for so many numbers of a vector; with fewer numbers it is more exact,
    larger and slower."""
    trained: int = 20_000
    """Vectors that the codes are learned from: 31 MB of the default encoder's."""
    rescored: int = 500
    """How many of the passages that are best by their codes are scored by their vectors."""
    every_word_up_to: int = 50_000
    """Passages among which each word of a question is looked up. Of more, a word that most of them
    hold takes longer than all others together, and tells next to nothing."""
    max_added: int = 20_000
    """Passages that came since the main files were made stand beside them, and are searched one
    by one; when there are more, everything is written anew."""
    max_removed_share: float = 0.2
    """Passages that went stay in the files, and cost space and time, until they are so many."""

    def is_exact(self, vectors: int) -> bool:
        """Whether so many vectors are searched one by one."""
        return vectors <= self.exact_up_to

    def may_stay(self, removed: int, ids: int) -> bool:
        """Whether so many passages that went, of so many ids, stay in the files."""
        return removed <= self.max_removed_share * ids


SIZING = Sizing()
