"""Running programs and measuring them: wall clock, CPU and peak memory, in interleaved rounds."""

import os
import statistics
import subprocess
import tempfile
import time


class Failed(Exception):
    """A program that had to work did not."""


class Run:
    """One run of a program: seconds of wall clock and of CPU, peak memory in bytes, output."""

    def __init__(self, command, env=None, cwd=None, stdin=b"", expect=(0,)):
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as said, \
                tempfile.TemporaryFile() as given, tempfile.NamedTemporaryFile("r") as usage:
            given.write(stdin)
            given.seek(0)
            start = time.perf_counter()
            # By a small program: what Python starts itself begins with Python's own peak of memory.
            process = subprocess.Popen(
                ["time", "-q", "-o", usage.name, "-f", "%M", *command], stdin=given,
                stdout=out, stderr=said, cwd=cwd, env={**os.environ, **(env or {})})
            _, status, used = os.wait4(process.pid, 0)
            self.wall = time.perf_counter() - start
            process.returncode = self.status = os.waitstatus_to_exitcode(status)
            self.cpu = used.ru_utime + used.ru_stime
            self.memory = int(usage.read().split()[-1]) * 1024
            out.seek(0)
            self.output = out.read()
            said.seek(0)
            self.errors = said.read()
        if self.status not in expect:
            raise Failed(
                f"{' '.join(map(str, command))}: exit code {self.status}\n"
                f"{self.output.decode(errors='replace')[-2000:]}"
                f"{self.errors.decode(errors='replace')[-2000:]}")

    @property
    def text(self):
        return self.output.decode(errors="replace")


class Series:
    """The runs of one thing."""

    def __init__(self):
        self.runs = []

    def values(self, what):
        return [getattr(run, what) for run in self.runs]

    def row(self, what="wall"):
        return spread(self.values(what))

    def summary(self):
        return {"wall": self.row(), "cpu": self.row("cpu"),
                "memory": max(self.values("memory")), "runs": len(self.runs)}


def spread(values):
    """Least, median and greatest."""
    return {"min": min(values), "median": statistics.median(values), "max": max(values)}


def interleaved(things, rounds, warmups=1):
    """Measures several things in turns, so that a drift of the machine's load meets all of them.

    `things` maps a name to a function that gives a `Run`. Each name's `Series` comes back, without
    the warm-up rounds.
    """
    series = {name: Series() for name in things}
    for index in range(warmups + rounds):
        for name, run in things.items():
            result = run()
            if index >= warmups:
                series[name].runs.append(result)
    return series


def ratio(ours, theirs, what="wall"):
    """How many times as much theirs is: the median of the ratios of the rounds."""
    pairs = zip(ours.values(what), theirs.values(what))
    return statistics.median(there / max(here, 1e-9) for here, there in pairs)


def slope(points):
    """The line through points by least squares: (per step, at zero)."""
    count = len(points)
    mean_x = sum(x for x, _ in points) / count
    mean_y = sum(y for _, y in points) / count
    spread = sum((x - mean_x) ** 2 for x, _ in points)
    step = sum((x - mean_x) * (y - mean_y) for x, y in points) / spread if spread else 0
    return step, mean_y - step * mean_x
