"""Documents that disagree are a conflict, also in answers that can be linked to."""

from alembic import op

revision = "conflict"
down_revision = "taught"


def upgrade() -> None:
    """Write the kind anew, and the digest, by which an answer that is given again is known."""
    op.execute(
        "UPDATE kept_answers SET answer ="
        """ replace(answer, '"kind":"disagreement"', '"kind":"conflict"')"""
    )
    op.execute("UPDATE kept_answers SET digest = sha256(convert_to(answer, 'UTF8'))")
