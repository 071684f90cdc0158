"""The benchmark of searching in PostgreSQL: its table."""

from benchmarks.scale_out import table


def test_each_engine_has_a_column_for_each_size() -> None:
    asked = {
        "dense_ms": [1.0, 2.0],
        "lexical_ms": [0.5, 1.0],
        "fused_ms": [2.0, 3.0],
        "recall_at_10": 0.99,
        "found": 71.25,
    }
    found = {
        "passages": 10_018,
        "publish_s": 60.0,
        "local_bytes": 20_036_000,
        "postgresql_bytes": 40_072_000,
        "local": asked,
        "postgresql": asked | {"fused_ms": [7.0, 9.0]},
        "same": 0.995,
    }
    hits = {"hit@1": 45.7, "hit@5": 66.4}

    written = table({"local": hits, "postgresql": hits | {"hit@5": 66.3}}, {10_000: found})

    assert "| hit@5 | 66.4 | 66.3 |" in written
    assert "| | 10,018, local | 10,018, PostgreSQL |" in written.replace("|  |", "| |")
    assert "| fused, ms (median / 95 %) | 2.0 / 3.0 | 7.0 / 9.0 |" in written
    assert "| answers among the first 5, % | 71.2 | 71.2 |" in written
    assert "| bytes per passage | 2,000 | 4,000 |" in written
    assert len({line.count("|") for line in written.splitlines() if "passage" in line}) == 1
