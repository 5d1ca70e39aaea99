"""A whole machine in QEMU, as Tests/MachineTestSupport/Machine.swift starts it: a kernel, an initramfs, a
disk that nothing is written to, a console, and a place for a USB dongle."""

import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

from measure import Failed

# Longer than any step takes on a machine that has four times as much to do as it can.
PATIENCE = 240


class Guest:
    """Ends with `close`."""

    def __init__(self, kernel, initrd, disk, options="", devices=()):
        self.folder = Path(tempfile.mkdtemp(prefix="latchkey-bench-"))
        self.others = []
        self.position = 0
        self.start = time.monotonic()
        self.console = open(self.folder / "console", "wb")
        self.trace = self.folder / "trace"
        self.qemu = subprocess.Popen(
            ["qemu-system-x86_64", "-accel", "tcg,thread=multi", "-cpu", "max", "-M", "q35",
             "-m", "512", "-smp", "1", "-nodefaults", "-display", "none", "-no-reboot",
             "-chardev", "stdio,id=console,signal=off", "-serial", "chardev:console",
             "-kernel", kernel, "-initrd", initrd, "-append",
             "console=ttyS0 panic=-1 no_timer_check random.trust_cpu=on quiet ro "
             f"root=/dev/mapper/cryptroot {options}",
             "-device", "qemu-xhci", "-chardev",
             f"socket,id=card,path={self.folder}/usb,server=on,wait=off",
             "-device", "usb-redir,chardev=card",
             "-drive", f"file={disk},format=raw,if=none,id=disk,snapshot=on",
             "-device", "virtio-blk-pci,drive=disk", *(devices or ("-nic", "none"))],
            stdin=subprocess.PIPE, stdout=self.console, stderr=self.console)

    @property
    def seconds(self):
        """Since it was switched on."""
        return time.monotonic() - self.start

    def plug(self, program, card):
        """A copy of a card's file, as a USB dongle."""
        shutil.copy(card, self.folder / "card")
        self.others.append(subprocess.Popen(
            [program, "run", "--usb-redir", self.folder / "usb", "--trace", self.trace,
             self.folder / "card"], stderr=subprocess.DEVNULL))

    @property
    def exchanges(self):
        """How many APDUs the dongle ran."""
        if not self.others:
            return 0
        return sum(not line.startswith("#") for line in self.trace.read_text().splitlines())

    def see(self, text):
        """Waits until the console shows it. Gives what it showed until then, from what was seen before."""
        end = time.monotonic() + PATIENCE
        while True:
            # First: what it says at its end is still to be read.
            is_over = self.qemu.poll() is not None
            shown = (self.folder / "console").read_text(errors="replace")
            found = shown.find(text, self.position)
            if found >= 0:
                start, self.position = self.position, found + len(text)
                return shown[start:self.position]
            if is_over or time.monotonic() > end:
                raise Failed(f"the console:\n{shown[-1500:]}\nthe machine never said “{text}”")
            time.sleep(0.02)

    def type(self, line, end):
        """A line, and the key that ends it."""
        # Whoever asks shows the prompt first, then makes the terminal ready and drops what was typed before.
        time.sleep(0.3)
        os.write(self.qemu.stdin.fileno(), (line + end).encode())

    def close(self):
        for process in (self.qemu, *self.others):
            process.kill()
            process.wait()
        self.qemu.stdin.close()
        self.console.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
