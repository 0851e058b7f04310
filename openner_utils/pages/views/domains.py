"""What corpora that are trained on together do to each other's types."""

import numpy as np
import pandas as pd

F1 = "F1"


def by_type(found: pd.DataFrame) -> pd.DataFrame:
    """Return one row per corpus and type, with a column per regime: F1 where the corpus annotates the type, else mentions predicted of it.

    ``found``: the table ``domain_types`` of `analysis.domains`. A type that the corpus does not
    annotate and that no regime predicts has no row.
    """
    annotated = found["annotated"].astype(bool)
    rows = found.assign(
        what=np.where(annotated, F1, "mentions predicted"),
        value=found["f1"].where(annotated, found["predicted"]),
        annotated_by_others=found["others"].astype(str) + " of " + found["of"].astype(str),
    )
    keys = ["system", "language", "corpus", "type", "what", "annotated_by_others", "mentions"]
    wide = rows.pivot_table(index=keys, columns="regime", values="value", sort=False)
    wide = wide.sort_index(kind="stable").reset_index()
    wide.columns.name = None
    regimes = list(wide.columns[len(keys) :])
    return wide[(wide["what"] == F1) | (wide[regimes] > 0).any(axis=1)]
