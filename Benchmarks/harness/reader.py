"""The real pcscd, apart from the system's own, with virtual cards in vpcd's readers."""

import os
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

DRIVER = "/usr/lib/pcsc/drivers/serial/libifdvpcd.so"
SLOTS = 2


class Exchange:
    """What went to a card: commands, and data bytes to it and from it."""

    def __init__(self, lines):
        self.commands = []
        self.sent = self.received = 0
        for line in lines:
            if line.startswith("#"):
                continue
            words = line.split()
            self.commands.append(" ".join(words[:4]))
            self.sent += int(words[words.index("Lc") + 1]) if "Lc" in words else 0
            self.received += int(words[words.index("bytes") - 1])

    @property
    def row(self):
        return {"apdus": len(self.commands), "sent": self.sent, "received": self.received}


class Readers:
    """pcscd in a mount namespace of its own, a reader for each card's file. Ends with `close`."""

    def __init__(self, cards, program, options=()):
        self.folder = Path(tempfile.mkdtemp(prefix="latchkey-bench-"))
        self.traces = []
        self.processes = []
        (self.folder / "run/pcscd").mkdir(parents=True)
        (self.folder / "conf").mkdir()
        ports = []
        # A driver of vpcd has two slots, at two ports, and takes two of pcscd's sixteen readers.
        for index in range(0, len(cards), SLOTS):
            port = free_port()
            ports += range(port, port + SLOTS)
            # pcscd loads a driver once; several vpcd readers need a copy each.
            copy = self.folder / f"driver{index}.so"
            shutil.copyfile(os.path.realpath(DRIVER), copy)
            (self.folder / f"conf/reader{index}").write_text(
                f'FRIENDLYNAME "Virtual Reader {index}"\nDEVICENAME /dev/null:{port:#x}\n'
                f"LIBPATH {copy}\nCHANNELID {port:#x}\n")
        self.socket = self.folder / "run/pcscd/pcscd.comm"
        self.environment = {"PCSCLITE_CSOCK_NAME": str(self.socket)}
        own = [] if os.geteuid() == 0 else ["--map-root-user"]
        self._start([
            "unshare", "--mount", *own, "sh", "-c",
            f"mount --bind '{self.folder}/run' /run && "
            f"exec pcscd --foreground --config '{self.folder}/conf'"], "pcscd")
        wait(self.socket.exists, "pcscd did not start")
        for index, card in enumerate(cards):
            trace = self.folder / f"trace{index}"
            self.traces.append(trace)
            self._start(
                [program, "run", card, "--port", str(ports[index]), "--trace", trace, *options],
                f"card{index}")
            wait(lambda t=trace: t.exists() and "# power on" in t.read_text(),
                 "the card isn't in the reader")
        time.sleep(0.05)

    def _start(self, command, name):
        log = open(self.folder / f"{name}.log", "wb")
        self.processes.append(subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=log))

    def forget(self):
        for trace in self.traces:
            os.truncate(trace, 0)

    def exchange(self, index=0):
        return Exchange(self.traces[index].read_text().splitlines())

    def close(self):
        for process in reversed(self.processes):
            process.send_signal(signal.SIGTERM)
        for process in self.processes:
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def wait(condition, why, seconds=30):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise RuntimeError(why)
        time.sleep(0.01)


def free_port():
    """The first of as many free ports as vpcd opens."""
    for _ in range(200):
        port = random.randrange(10_000, 32_000)
        try:
            for number in range(port, port + SLOTS):
                with socket.socket() as probe:
                    probe.bind(("127.0.0.1", number))
            return port
        except OSError:
            continue
    raise RuntimeError("no free ports")
