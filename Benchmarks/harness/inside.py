"""What measures inside of the process: Benchmarks/inside."""

import json
import tempfile
from pathlib import Path

import boots
import limits
from measure import Run
from place import TOP


def measure(programs, quick):
    with tempfile.TemporaryDirectory(prefix="latchkey-bench-") as name:
        folder = Path(name)
        boots.fill(folder / "boot", 10 if quick else 300, 100)
        library = limits.counter(folder)
        run = Run([str(programs.inside), str(TOP), str(folder / "boot"), "0.1" if quick else "1"],
                  env={"LD_PRELOAD": str(library)})
    return [json.loads(line) for line in run.text.splitlines()]
