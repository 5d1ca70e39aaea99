"""What must not grow: APDUs, bytes and allocations, held against limits.json. Never seconds."""

import json
import subprocess
from pathlib import Path

from place import TOP, Place
from reader import Readers

FILE = TOP / "Benchmarks/limits.json"


def counter(folder):
    """The library that counts allocations, made here."""
    library = Path(folder) / "count.so"
    subprocess.run(["cc", "-shared", "-fPIC", "-O2", "-o", library,
                    TOP / "Benchmarks/count-allocations.c"], check=True)
    return library


def allocations(place, library, run):
    """How often the program that `run` starts asks for memory."""
    told = place.folder / "allocations"
    told.unlink(missing_ok=True)
    place.more = {"LD_PRELOAD": str(library), "LATCHKEY_ALLOCATIONS": str(told)}
    run()
    place.more = {}
    # A process each; the last to end is the program, what it was started by is small.
    return max(int(line) for line in told.read_text().split())


def measured(programs):
    """The same names as in limits.json."""
    exchanges, counts = {}, {}
    with Place(programs, "nitrokey-3") as place:
        place.small_boot()
        place.image()
        with Readers([place.folder / "dongle.card"], programs.virtual_card) as place.readers:
            for name, run in {
                "provision": place.provision,
                "enroll": place.enroll,
                "sign": place.sign,
                "card list": lambda: place.latchkey("card", "list"),
                "card show": lambda: place.latchkey("card", "show"),
                "status": lambda: place.latchkey(
                    "status", "--boot", "BOOT", "--trusted", "ada.asc", expect=(0, 1)),
                "unlock": place.unlock,
                "latchkey-unlock": place.initramfs_unlock,
            }.items():
                place.readers.forget()
                run()
                exchanges[name] = place.readers.exchange().row["apdus"]
            library = counter(place.folder)
            counts["latchkey-unlock"] = allocations(place, library, place.initramfs_unlock)
        place.readers = None
        small = allocations(place, library, place.verify)
        # Reading the options is ArgumentParser's, and grows with every option there is.
        options = allocations(
            place, library, lambda: place.run(programs.latchkey, "verify", "--version"))
        counts["verify of a small /boot"] = small - options
        for index in range(100):
            place.write(f"BOOT/more/{index}", "x")
        place.sign()
        counts["verify, for 100 files more"] = allocations(place, library, place.verify) - small
        place.run("strip", "-o", "stripped", programs.latchkey)
        sizes = {
            "latchkey": (place.folder / "stripped").stat().st_size,
            "latchkey-unlock": programs.unlock.stat().st_size,
            "plugin": programs.plugin.stat().st_size,
            "the record of a dongle": (place.record / "record").stat().st_size,
            "key.pgp for a dongle": (place.record / "key.pgp").stat().st_size,
        }
    return {"APDUs": exchanges, "bytes": sizes, "allocations": counts}


# By others: Tests/BootTests/CostTests.swift.
ELSEWHERE = {"added to the initramfs"}


def check(programs):
    """Prints each beside its limit. Gives whether none is above it, and no limit is of nothing."""
    limits = json.loads(FILE.read_text())
    holds = True
    found = measured(programs)
    for group, names in limits.items():
        for name in names.keys() - found[group].keys() - ELSEWHERE:
            print(f"GONE  {group:<12} {name:<28} isn't measured any more")
            holds = False
    for group, values in found.items():
        for name, value in values.items():
            limit = limits[group].get(name)
            is_above = limit is None or value > limit
            holds = holds and not is_above
            print(f"{'GREW' if is_above else 'ok  '}  {group:<12} {name:<28} {value:>9} of {limit}")
    if not holds:
        print("What grew must shrink again, or Benchmarks/limits.json must say why not in its commit.")
    return holds
