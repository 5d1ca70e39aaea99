"""What opening the root volume at boot costs: ours, gpg's and OpenSC's keyscripts, clevis with a server and
with a TPM. The same Debian, the same volume, the same machine, one boot after the other."""

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from guest import Guest
from measure import Failed, Run, spread
from place import PIN, TOP
from reader import wait

MACHINE = TOP / ".build-boot/machine"


@dataclass
class Way:
    """A way to open the volume: what asks, how its answer ends (nothing is typed without), the dongle that
    is plugged in, the programs whose memory counts, and what else the machine has."""

    initrd: str
    disk: str
    prompt: str
    programs: tuple
    dongle: str = ""
    end: str = ""
    beside: str = ""


WAYS = {
    "latchkey": Way("initrd/one", "volumes/root", "PIN: ", ("latchkey-unlock", "pcscd"),
                    "cv25519", "\n"),
    "decrypt_gnupg-sc": Way("initrd/gnupg", "volumes/root", "Cancel>",
                            ("gpg", "gpg-agent", "scdaemon"), "cv25519", "\r"),
    "decrypt_opensc": Way("peers/opensc", "peers/opensc-volume", "Enter PIN",
                          ("pkcs15-crypt", "opensc-tool", "pcscd"), "rsa4096", "\n"),
    "clevis, tang": Way("peers/clevis-tang", "peers/clevis-tang-volume", "Please unlock", ("clevis",),
                        beside="tang"),
    "clevis, TPM": Way("peers/clevis-tpm2", "peers/clevis-tpm2-volume", "Please unlock", ("clevis",),
                       beside="tpm"),
}


@contextlib.contextmanager
def beside(what):
    """What a machine has beside its disk: kernel options and QEMU's."""
    if what == "tang":
        # Its stderr would be the connection, too.
        server = f"sh -c 'exec chroot {MACHINE}/peers/tang /usr/libexec/tangd /db 2>/dev/null'"
        yield "", ("-netdev", f"user,id=net,restrict=on,guestfwd=tcp:10.0.2.100:80-cmd:{server}",
                   "-device", "virtio-net-pci,netdev=net,romfile=")
    elif what == "tpm":
        with tempfile.TemporaryDirectory(prefix="latchkey-bench-") as name:
            socket = Path(name) / "socket"
            shutil.copytree(MACHINE / "peers/tpm", Path(name) / "state")
            emulator = subprocess.Popen(
                ["swtpm", "socket", "--tpm2", "--tpmstate", f"dir={name}/state", "--ctrl",
                 f"type=unixio,path={socket}", "--flags", "startup-clear"], stderr=subprocess.DEVNULL)
            try:
                wait(socket.exists, "swtpm did not start")
                # A kernel that is started as an ELF image finds no table of ACPI that names the TPM.
                yield "tpm_tis.force=1", (
                    "-nic", "none", "-chardev", f"socket,id=tpm,path={socket}",
                    "-tpmdev", "emulator,id=tpm0,chardev=tpm", "-device", "tpm-tis,tpmdev=tpm0")
            finally:
                emulator.kill()
                emulator.wait()
    else:
        yield "", ()


def boot(way, virtual_card):
    """One boot: seconds to the prompt and from its answer to the root's first program, peak memory of the
    programs in bytes, and APDUs."""
    with beside(way.beside) as (options, devices), Guest(
            MACHINE / "vmlinux", f"{MACHINE}/{way.initrd}-measured.img", f"{MACHINE}/{way.disk}.img",
            options, devices) as guest:
        if way.dongle:
            guest.plug(virtual_card, MACHINE / f"dongles/{way.dongle}.card")
        guest.see(way.prompt)
        asked = answered = guest.seconds
        if way.end:
            guest.type(PIN, way.end)
            answered = guest.seconds
        guest.see("ROOT: ")
        opened = guest.seconds
        peaks = defaultdict(int)
        for line in guest.see("ROOT: end").splitlines():
            # `MEASURED: PROGRAM KILOBYTES`, or four times as many and `/ 4`.
            words = line.split()
            if words[:1] == ["MEASURED:"] and len(words) in (3, 5):
                size = int(words[2]) * 1024 // (4 if len(words) == 5 else 1)
                peaks[words[1]] = max(peaks[words[1]], size)
        return {"to prompt": asked, "to root": opened - answered,
                "memory": {program: peaks[program] for program in way.programs},
                "APDUs": guest.exchanges if way.dongle else None}


def sizes(image):
    """Of an initramfs: unpacked, and compressed as Debian does by default."""
    with tempfile.NamedTemporaryFile(prefix="latchkey-bench-") as file:
        said = Run(["sh", "-euc", 'zstd -dcq "$1" >"$2"; wc -c <"$2"; zstd -9 -cq "$2" | wc -c', "-",
                    image, file.name]).text
    return [int(word) for word in said.split()]


def measure(programs, rounds, ways=tuple(WAYS)):
    """A row a way; none, and why, where the images are missing."""
    if os.geteuid() != 0:
        return {"missing": "only root can make the images", "rows": {}}
    if not (MACHINE / "made-of").exists():
        return {"missing": "scripts/boot-images had not made the images", "rows": {}}
    inside = MACHINE / "host/measured/usr/lib/latchkey/latchkey-unlock.measured"
    is_current = inside.read_bytes() == programs.unlock.read_bytes()
    if not is_current:
        print("  The images hold another latchkey-unlock: run scripts/boot-images first.",
              file=sys.stderr)
    boots, failed = defaultdict(list), {}
    try:
        Run([str(TOP / "Benchmarks/initramfs-peers")])
    except Failed as failure:
        failed = {name: last_words(failure) for name in ways if WAYS[name].initrd.startswith("peers")}
    for _ in range(rounds):
        for name in ways:
            if name in failed:
                continue
            try:
                boots[name].append(boot(WAYS[name], programs.virtual_card))
            except Failed as failure:
                failed[name] = last_words(failure)
    debian = sizes(MACHINE / "initrd/debian.img")
    rows = {name: {"failed": failed[name]} if name in failed else row(WAYS[name], boots[name], debian)
            for name in ways}
    versions = MACHINE / "peers/versions"
    return {"missing": "", "is current": is_current, "rounds": rounds, "rows": rows,
            "versions": versions.read_text().splitlines() if versions.exists() else []}


def row(way, runs, debian):
    """What the boots of one way come to, and its image beside Debian's own."""
    raw, packed = sizes(f"{MACHINE}/{way.initrd}.img")
    result = {"bytes": raw - debian[0], "packed": packed - debian[1],
              "memory": {program: max(run["memory"][program] for run in runs) for program in way.programs},
              "APDUs": runs[0]["APDUs"]}
    for what in ("to prompt", "to root"):
        result[what] = spread([run[what] for run in runs])
    return result


def last_words(failure):
    return str(failure).strip().splitlines()[-1][:120]
