"""What a boot costs: the table that Tests/BootTests made when they last ran; and how large the images of
other ways to open a volume are, made here."""

import os

from measure import Run
from place import TOP

TABLE = TOP / ".build-boot/machine/boot-cost.md"
SHEET = TOP / "docs/boot-cost.md"


def measure(quick):
    """The table's rows, and whether they are of this machine or those in docs/boot-cost.md; and the other
    ways' bytes, unpacked and compressed."""
    is_own = TABLE.exists()
    text = (TABLE if is_own else SHEET).read_text()
    rows = [[cell.strip() for cell in line.strip().strip("|").split("|")]
            for line in text.splitlines() if line.startswith("|")]
    peers = []
    if not quick and os.geteuid() == 0 and (TOP / ".build-boot/machine/made-of").exists():
        said = Run([str(TOP / "Benchmarks/initramfs-peers")]).text
        peers = [line.split() for line in said.splitlines()]
    return {"is own": is_own, "head": rows[0], "rows": rows[2:4], "peers": peers}
