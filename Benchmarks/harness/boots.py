"""/boot of many sizes: verifying and signing it, beside sha256sum, openssl, b3sum, Heads' own pipeline,
reading alone, and the limit of this CPU."""

import os
import re
import shutil

from measure import Run, interleaved, ratio
from place import Place

# Megabytes and files.
QUICK = [(20, 10), (20, 1000)]
NORMAL = [(100, 10), (300, 10), (1000, 10), (100, 1000), (100, 10_000), (100, 100_000)]
FULL = NORMAL + [(10_000, 10)]

# As Heads checks: the signature over its lists, every file's hash, and the names of all.
HEADS = """cd "$1"
sha256sum kexec*.txt | gpgv -q --keyring "$2" kexec.sig - 2>/dev/null
sha256sum -c --quiet kexec_hashes.txt
find ./ ! -path './kexec*' -print0 | LC_ALL=C sort -z | cmp -s - kexec_tree.txt"""


def fill(folder, megabytes, files):
    """That many files of the same size, in folders of at most a thousand, of bytes that differ."""
    size = megabytes * 1_000_000 // files
    block = os.urandom(1 << 20)
    for index in range(files):
        parent = folder / f"{index // 1000:03}"
        if index % 1000 == 0:
            parent.mkdir(parents=True)
        with open(parent / f"file{index % 1000:03}", "wb") as file:
            file.write(index.to_bytes(8, "big"))
            left = size - 8
            while left > 0:
                file.write(block[:left])
                left -= len(block)


def shell(script, *arguments, cores):
    return lambda: Run(["taskset", "-c", cores, "sh", "-euc", script, "-", *map(str, arguments)])


def each(program):
    return f'cd "$1"; find . -type f ! -path "./kexec*" -print0 | xargs -0 {program} >/dev/null'


def works(place, cores):
    """What is run on a /boot that is signed: ours first."""
    boot = place.folder / "BIG"

    def ours(*command):
        return lambda: Run(
            ["taskset", "-c", cores, str(place.programs.latchkey), *command, "--boot", str(boot),
             "--sysroot", str(place.folder / "system")], cwd=place.folder)
    result = {
        "latchkey verify": ours("verify", "--trusted", "ada.asc"),
        "latchkey sign": ours("sign", "--virtual-card", "dongle.card", "--pin-file", "pin",
                              "--names", "relative", "--yes", *place.unexplained),
        "sha256sum -c": shell('cd "$1"; sha256sum -c --quiet kexec_hashes.txt', boot, cores=cores),
        "Heads' pipeline": shell(HEADS, boot, place.folder / "ada.gpg", cores=cores),
        "openssl dgst -sha256": shell(each("openssl dgst -sha256 -r"), boot, cores=cores),
        "reading alone": shell(each("cat"), boot, cores=cores),
    }
    if shutil.which("b3sum"):
        result["b3sum"] = shell(each("b3sum"), boot, cores=cores)
    return result


def cold(run):
    """The same with nothing of the disk in memory."""
    def both():
        Run(["sh", "-c", "sync; echo 3 >/proc/sys/vm/drop_caches"])
        return run()
    return both


def limit(seconds):
    """What one core hashes in a second, in bytes, by OpenSSL's own benchmark."""
    said = Run(["taskset", "-c", "0", "openssl", "speed", "-seconds", str(seconds), "-bytes", "65536",
                "-evp", "sha256"]).text
    return float(re.findall(r"^sha256 .*?([\d.]+)k", said, re.M | re.I)[-1]) * 1000


def measure(programs, rounds, sizes, is_cold=True):
    """A row a size, count of cores and state of the cache; one of the most files alone, unless all is wanted."""
    both = os.cpu_count() or 1
    result = {"limit": limit(1 if rounds < 3 else 3), "rows": []}
    for megabytes, files in sizes:
        with Place(programs, "nitrokey-3", on_disk=True) as place:
            place.provision()
            fill(place.folder / "BIG", megabytes, files)
            place.sign("BIG")
            Run(["gpg", "--batch", "--quiet", "--homedir", str(place.folder), "--dearmor", "-o",
                 str(place.folder / "ada.gpg"), str(place.folder / "ada.asc")])
            states = [("warm", "0"), ("warm", "0-1")] if both > 1 else [("warm", "0")]
            if is_cold and os.geteuid() == 0:
                states.append(("cold", states[-1][1]))
            # Seconds each, or a minute: few rounds are enough.
            is_large = megabytes >= 1000 or files > 10_000
            if files > 10_000 and sizes != FULL:
                states = states[1:2]
            for state, cores in states:
                todo = works(place, cores)
                count = max(2, rounds // 2) if is_large else rounds
                if state == "cold":
                    todo = {name: cold(run) for name, run in todo.items()}
                    count = max(1, count // 2)
                # What was just written is warm.
                series = interleaved(todo, count, warmups=0 if state == "cold" or is_large else 1)
                verify = series["latchkey verify"]
                result["rows"].append({
                    "megabytes": megabytes, "files": files, "cache": state,
                    "cores": 1 if cores == "0" else 2,
                    "runs": {name: {**runs.summary(), "ratio": ratio(verify, runs)}
                             for name, runs in series.items()}})
    return result
