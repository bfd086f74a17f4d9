"""Code on other engines by the same function; see whether Spark and Ray give what a single run gives.

    python benchmarks/engines.py

Each is used if it is installed (``pyspark`` with a JVM, ``ray``): the answers of the example survey in four
Parquet parts are coded through ``score_chunk`` and compared, cell by cell, with one call here.
"""

import importlib.util
import os
import shutil
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pandas as pd

import comment_classifier as cc
from comment_classifier.survey import Survey

EXAMPLE = Path(__file__).resolve().parent.parent / "data" / "examples"
PARTS = 4


def by_spark(folder: Path, survey: Survey, sample: pd.DataFrame) -> pd.DataFrame:
    """Code the parts by Spark's ``mapInPandas``."""
    from pyspark.sql import SparkSession

    os.environ["PYSPARK_PYTHON"] = sys.executable  # of the workers
    spark = SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false").getOrCreate()
    try:
        schema = spark.createDataFrame(cc.score_chunk(sample, survey)).schema
        table = spark.read.parquet(str(folder))
        coded = table.mapInPandas(lambda parts: (cc.score_chunk(part, survey) for part in parts), schema)
        return coded.toPandas()
    finally:
        spark.stop()


def by_ray(folder: Path, survey: Survey, sample: pd.DataFrame) -> pd.DataFrame:
    """Code the parts by Ray Data's ``map_batches``."""
    import ray

    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False)
    try:
        table = ray.data.read_parquet(str(folder))
        return table.map_batches(cc.score_chunk, fn_args=(survey,), batch_format="pandas").to_pandas()
    finally:
        ray.shutdown()


def main() -> None:
    """Run every engine that is here; say what is not."""
    table = cc.read_table(EXAMPLE / "staff_survey_2024.csv")
    survey = cc.load_survey(EXAMPLE / "staff_survey_2024.toml")
    expected = cc.score_chunk(table, survey)
    key = str(table.columns[0])
    engines: dict[str, tuple[str, Callable[..., pd.DataFrame]]] = {
        "Spark": ("pyspark", by_spark),
        "Ray": ("ray", by_ray),
    }
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for part in range(PARTS):
            table.iloc[part::PARTS].to_parquet(folder / f"part-{part}.parquet", index=False)
        for engine, (package, run) in engines.items():
            if importlib.util.find_spec(package) is None or (engine == "Spark" and not shutil.which("java")):
                print(f"{engine}: not installed here")
                continue
            got = partial(run, folder, survey)(table.head(5))
            got = got.sort_values(key).reset_index(drop=True)[list(expected.columns)]
            wanted = expected.sort_values(key).reset_index(drop=True)
            pd.testing.assert_frame_equal(got, wanted, check_dtype=False, atol=1e-9)
            print(f"{engine}: {len(got)} rows, the same as a single run")


if __name__ == "__main__":
    main()
