"""Runs the parts that were asked for; scripts/bench has installed and built all that they need."""

import argparse
import datetime
import json
import sys
import time

import boots
import card
import growth
import initramfs
import inside
import limits
import machine
import report
from place import Programs


def main():
    parser = argparse.ArgumentParser(prog="scripts/bench", description=(
        "Measures Latchkey beside what people use today, in one go, and prints one table."))
    parser.add_argument("--json", metavar="FILE", help="write all figures to this file too")
    parser.add_argument("--quick", action="store_true", help="small sizes, few rounds")
    parser.add_argument("--full", action="store_true", help="a /boot of 10 GB too")
    parser.add_argument("--write", action="store_true",
                        help="write docs/performance.md and the README's lines")
    parser.add_argument("--check", action="store_true",
                        help="only hold counts and sizes against Benchmarks/limits.json")
    parser.add_argument("part", nargs="*", help="of: " + " ".join(report.PARTS))
    options = parser.parse_args()
    if options.check:
        sys.exit(not limits.check(Programs()))
    unknown = set(options.part) - set(report.PARTS)
    if unknown:
        parser.error(f"there is no part {' '.join(unknown)}; there are: {' '.join(report.PARTS)}")
    if options.write and options.part:
        parser.error("--write wants all parts")

    programs = Programs()
    rounds = 2 if options.quick else 5
    sizes = boots.QUICK if options.quick else boots.FULL if options.full else boots.NORMAL
    ways = list(initramfs.WAYS)[:2] if options.quick else list(initramfs.WAYS)
    parts = {
        "card": lambda: card.measure(programs, rounds * 2, card.MODELS[:3] if options.quick else card.MODELS),
        "boots": lambda: boots.measure(programs, rounds, sizes, not options.quick),
        "initramfs": lambda: initramfs.measure(programs, 3 if options.full else 1, ways),
        "growth": lambda: growth.measure(programs, rounds, options.quick),
        "inside": lambda: inside.measure(programs, options.quick),
        "limits": lambda: limits.measured(programs),
    }
    result = {"date": datetime.date.today().isoformat(), "quick": options.quick, "rounds": rounds,
              "machine": machine.describe(programs)}
    first = time.monotonic()
    for name, run in parts.items():
        if options.part and name not in options.part:
            continue
        print(f"Measuring: {name} …", file=sys.stderr, flush=True)
        start = time.monotonic()
        result[name] = run()
        print(f"  {time.monotonic() - start:.0f} s", file=sys.stderr, flush=True)
    result["minutes"] = (time.monotonic() - first) / 60
    print(report.page(result))
    if options.json:
        with open(options.json, "w", encoding="utf-8") as file:
            json.dump(result, file, indent=1)
    if options.write:
        report.write(result)


main()
