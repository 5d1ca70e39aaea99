"""The tables: docs/performance.md, and the few lines of the README."""

import re

from place import TOP

PAGE = TOP / "docs/performance.md"
README = TOP / "README.md"
FASTER = "of cold gpg's, beyond"
START, END = "<!-- scripts/bench writes this -->", "<!-- to here -->"


def table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    lines += ["| " + " | ".join(str(cell) for cell in row) + " |" for row in rows]
    return "\n".join(lines)


def milliseconds(row):
    return f"{row['median'] * 1000:.0f} ({row['min'] * 1000:.0f}–{row['max'] * 1000:.0f})"


def seconds(row):
    return f"{row['median']:.2f} ({row['min']:.2f}–{row['max']:.2f})"


def megabytes(number):
    return f"{number / 1e6:.1f}"


def times(number):
    return f"{number:.1f}×" if number < 100 else f"{number:.0f}×"


def long_seconds(row):
    spread = f" ({row['min']:.1f}–{row['max']:.1f})" if row["min"] < row["max"] else ""
    return f"{row['median']:.1f}{spread}"


def card(part):
    jobs = part["jobs"]
    reached = ", ".join(f"`{name}` {times(jobs[job][name][FASTER])}" for job, name in (
        ("sign", "latchkey sign"), ("unlock", "latchkey unlock"), ("unlock", "latchkey-unlock")))
    text = f"""## At the card

The same virtual card (the profile `{part['profile']}`, Ed25519 and X25519) behind the same pcscd, through vpcd. APDUs
count GET RESPONSE; bytes are those of data, to the card and from it. Both are exact, and the same in each run.
*Cold* gpg starts its agent and scdaemon; *warm* gpg has them running, with the PIN in the agent's hand. Ours is always
cold. Milliseconds are the median, the least and the most; × is the median of the ratios to the first row, round by
round. gpg's CPU and memory have its agent's and scdaemon's with them; the time of PySequoia, johnnycanencrypt
and ykman leaves out Python's start. All files are in memory, the card's too, which it would otherwise wait for at each
change, as no dongle does.

*Beyond the card* is what is left without the time within SCardTransmit, in the same runs: a library before libpcsclite
(`Benchmarks/time-exchanges.c`) times each call of it, in every client. So the card's own time has pcscd's and
vpcd's for an exchange in it; finding pcscd, the reader and the card, its power and its reset are the client's. *Faster
than cold gpg* compares that, round by round. The design wants 5× for signing and unlocking; reached: {reached}.

The last column has each command take as long as a recorded Yubikey 5 takes for it
(`virtual-card run --response-times`; reading a public key was not recorded, and takes nothing): what a person waits.

`latchkey sign` reads, hashes, verifies and writes a /boot of three files too; `latchkey unlock` checks
the volume's header and tries the key in it; `latchkey-unlock`, as gpg, only brings the key out. We have no command that
only verifies the PIN. Of the others, only gpg has a card generate keys.
"""
    for job, clients in jobs.items():
        cells = []
        for name, row in clients.items():
            if "failed" in row:
                cells.append([name, "fails: " + row["failed"].replace("|", "/"), *[""] * 8])
                continue
            cells.append([
                name, row["apdus"], f"{row['sent']} / {row['received']}", milliseconds(row["wall"]),
                times(row["ratio"]), milliseconds(row["beyond"]), times(row[FASTER]),
                f"{row['cpu']['median'] * 1000:.0f}", megabytes(row["memory"]),
                f"{row['as slow as the model']['median'] * 1000:.0f}"])
        text += f"\n### {job[0].upper() + job[1:]}\n\n" + table(
            ["", "APDUs", "bytes to / from", "ms", "×", "beyond the card, ms", "faster than cold gpg",
             "CPU, ms", "peak MB", "ms at a Yubikey's pace"], cells) + "\n"
    return text + models(part["models"])


def models(rows):
    names = list(next(iter(rows.values())))
    cells = [[profile, *(row.get(name, "fails") for name in names)] for profile, row in rows.items()]
    return """
### Other models

APDUs of the same jobs on other profiles of `cards/`, with the keys that `provision` makes there. What differs is
whether a card has a KDF-DO and extended lengths, and what it wants asked for in pieces.

""" + table(["", *names], cells) + "\n"


def boots(part):
    names = list(part["rows"][0]["runs"])
    rate = part["limit"] / 1e6
    text = f"""## /boot

Seconds: median, least and most; × beside `latchkey verify` of the same rounds. `openssl speed -evp sha256` on one core:
{rate:.0f} MB/s: the limit of this CPU. *Limit* is how `latchkey verify` compares with that limit on all its cores and
reading alone, one after the other (the design's budget: 1.3). *Heads' pipeline*: sha256sum and gpgv over its lists,
`sha256sum -c`, find and cmp. Cold: the kernel's caches are dropped before each run.

"""
    rows = []
    for row in part["rows"]:
        runs = row["runs"]
        best = row["megabytes"] / rate / row["cores"] + runs["reading alone"]["wall"]["median"]
        size = f"{row['megabytes'] / 1000:g} GB" if row["megabytes"] >= 100 else f"{row['megabytes']} MB"
        cells = [f"{size}, {row['files']} files, {row['cache']}, {row['cores']} core"
                 + ("s" if row["cores"] > 1 else "")]
        for name in names:
            run = runs.get(name)
            cells.append(seconds(run["wall"]) + (
                "" if name == names[0] else f" {times(run['ratio'])}") if run else "")
        cells.append(f"{runs[names[0]]['wall']['median'] / best:.2f}")
        cells.append(megabytes(runs[names[0]]["memory"]))
        rows.append(cells)
    return text + table(["", *names, "limit", "peak MB of verify"], rows) + "\n"


def initramfs(part):
    text = "## In the initramfs\n\n"
    if not part["rows"]:
        return text + f"Not measured: {part['missing']}. See [`boot-cost.md`](boot-cost.md).\n"
    old = "" if part["is current"] else (
        "\nThe images are older than the programs: scripts/boot-images had not been run again.")
    versions = f" Versions: {', '.join(part['versions'])}." if part["versions"] else ""
    cells = [[name, "fails: " + row["failed"], *[""] * 5] if "failed" in row else
             [name, row["bytes"], row["packed"], long_seconds(row["to prompt"]), long_seconds(row["to root"]),
              ", ".join(f"{program} {megabytes(size)}" for program, size in row["memory"].items()),
              "" if row["APDUs"] is None else row["APDUs"]] for name, row in part["rows"].items()]
    return text + f"""The same Debian, the same LUKS2 volume, one boot after the other ({part['rounds']} each), of a machine that QEMU
emulates without KVM, of one core and 512 MiB: the seconds compare with each other only. Bytes are those beyond Debian's
own image with cryptsetup. latchkey, and gpg for Debian's `decrypt_gnupg-sc`, have a virtual dongle with curve keys on
USB; OpenSC, for Debian's `decrypt_opensc`, has one with RSA-4096, as its keyscript wants RSA. Both of clevis' ways open
without a person: a tang server on the machine's network, where the machine gets its address by DHCP first, and a TPM 2.0
(swtpm) bound to no PCRs. Debian's own prompt for the passphrase is what clevis answers, and from there its time to
the root counts; the others' counts from the typed PIN.

Memory is each program's peak resident set with all pages of libraries; clevis' is that of the largest process that
it starts.{versions}{old}

""" + table(["", "added, bytes", "with zstd -9", "power-on to prompt, s", "to root, s", "peak memory, MB", "APDUs"],
            cells) + "\n"


def number(value):
    return f"{value:.0f}" if abs(value) >= 10 or value == int(value) else f"{value:.2g}"


def growth(part):
    rows = []
    for line in part:
        points = ", ".join(f"{count}: {number(value)}" for count, value in line["points"])
        rows.append([line["of"], line["unit"], points, number(line["each"]), line["note"]])
    return """## Growth

Medians; *each* is the slope of the straight line through them. Dongles of a volume are opened by the last of them.
pcscd has room for sixteen readers.

""" + table(["of", "what", "at", "each", ""], rows) + "\n"


def inside(part):
    rows = [[row["name"], row["bytes"] or "", f"{row['median'] / 1000:.1f} "
             f"({row['min'] / 1000:.1f}–{row['max'] / 1000:.1f})", row["allocations"]] for row in part]
    return """## Within the process

`Benchmarks/inside`: one operation over and over, and how often one asks for memory.

""" + table(["", "bytes", "µs", "allocations"], rows) + "\n"


def kept(part):
    rows = [[group, name, value] for group, values in part.items() for name, value in values.items()]
    return """## Kept so

`scripts/test` fails when one of these grows beyond [`Benchmarks/limits.json`](../Benchmarks/limits.json), in the build
that is released. The order of the commands is held by
`Tests/LatchkeyTests/ExchangeTests.swift`, the initramfs by `Tests/BootTests/CostTests.swift`.

""" + table(["", "", ""], rows) + "\n"


PARTS = {"card": card, "boots": boots, "initramfs": initramfs, "growth": growth, "inside": inside,
         "limits": kept}


def page(result):
    machine = result["machine"]
    versions = ", ".join(f"{name} {version}" for name, version in machine["versions"].items())
    text = f"""# Performance

Made by `scripts/bench --write`, all of it: run it again on a machine of yours, when it does nothing else. It installs
the programs that are compared, builds, and measures everything in one go, which took {result['minutes']:.0f} minutes here.
In the initramfs it measures what `scripts/boot-images` has made: run that first. `--full` has a /boot of 10 GB too.

Measured on {result['date']} on {machine['cpu']}, {machine['cores']} cores ({', '.join(machine['flags'])}),
{machine['memory'] / 1e9:.0f} GB, {machine['system']}, Linux {machine['kernel']}; load at the start
{machine['load at the start']:.2f}. {versions}. Rounds: {result['rounds']}{", quick: sizes and rounds are small, and the seconds are worth little" if result['quick'] else ""}.

"""
    return text + "\n".join(PARTS[name](result[name]) for name in PARTS if name in result)


def few_lines(result):
    """The README's: what matters, and no more."""
    jobs = result["card"]["jobs"]
    rows = []
    for job, ours in (("sign", "latchkey sign"), ("unlock", "latchkey-unlock")):
        for name in (ours, "gpg, cold"):
            row = jobs[job][name]
            rows.append([f"{job}: {name}", row["apdus"], f"{row['wall']['median'] * 1000:.0f}",
                         f"{row['as slow as the model']['median'] * 1000:.0f}"])
    row = result["boots"]["rows"][1]
    verify, theirs = row["runs"]["latchkey verify"], row["runs"]["sha256sum -c"]
    return table(["", "APDUs", "ms", "ms at a Yubikey's pace"], rows) + f"""

`latchkey verify` of a /boot of {row['megabytes']} MB takes {verify['wall']['median']:.2f} s where `sha256sum -c` takes
{theirs['wall']['median']:.2f} s. The rest, and how to measure it again: [docs/performance.md](docs/performance.md).
"""


def write(result):
    PAGE.write_text(page(result))
    readme = README.read_text()
    if START in readme:
        README.write_text(re.sub(
            re.escape(START) + ".*?" + re.escape(END),
            lambda _: f"{START}\n\n{few_lines(result)}\n{END}", readme, flags=re.S))
