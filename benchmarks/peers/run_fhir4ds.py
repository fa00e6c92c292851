"""fhir4ds-v2 (CQL as one DuckDB query) over the Bulk FHIR folder, in an environment of its own.

python run_fhir4ds.py DATA LIBRARY.cql OUT.csv
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import fhir4ds
import pandas as pd
from fhir4ds.cql.loader import FHIRDataLoader

NAMES = {
    "age": "Age",
    "metastasis": "Metastasis",
    "corrected": "CorrectedCalcium",
    "grade": "HypercalcaemiaGrade",
    "clearance": "Clearance",
    "contraindicated": "Contraindicated",
}


def main(data: Path, library: Path, out: Path) -> None:
    database = fhir4ds.create_connection()
    database.execute("SET threads = 2")
    start, busy = time.perf_counter(), time.process_time()
    loader = FHIRDataLoader(database)
    for file in sorted((data / "bulk").glob("*.ndjson")):
        loader.load_ndjson(str(file))
    loaded = time.perf_counter()
    found = fhir4ds.evaluate_measure(str(library), database, output_columns=NAMES)
    rows = pd.DataFrame(found)
    done, used = time.perf_counter(), time.process_time() - busy
    rows.rename(columns={rows.columns[0]: "id"}).to_csv(out, index=False)
    parts = {"its loader": loaded - start, "its query": done - loaded}
    print(json.dumps({"wall": done - start, "processor": used, "parts": parts}))


if __name__ == "__main__":
    main(*(Path(argument) for argument in sys.argv[1:]))
