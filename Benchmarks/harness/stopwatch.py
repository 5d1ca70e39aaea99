"""How long a client waits for the card, in the very run that is measured: a library before libpcsclite
that times each SCardTransmit."""

import shlex
import shutil
import subprocess
from pathlib import Path

from place import TOP

LIBRARY = "libpcsclite.so.1"


class Stopwatch:
    """Made in a folder; `environment` puts it before a program's libpcsclite, however that is loaded."""

    def __init__(self, folder):
        self.folder = Path(folder) / "stopwatch"
        self.folder.mkdir()
        self.times = self.folder / "times"
        self.times.touch()
        flags = shlex.split(subprocess.run(["pkg-config", "--cflags", "libpcsclite"], check=True,
                                           capture_output=True, text=True).stdout)
        there = subprocess.run(["cc", f"-print-file-name={LIBRARY}"], check=True,
                               capture_output=True, text=True).stdout.strip()
        # The library itself, under another name: a client asks for this one's.
        itself = self.folder / "libpcsclite-itself.so.1"
        shutil.copyfile(there, itself)
        subprocess.run(["patchelf", "--set-soname", itself.name, itself], check=True)
        subprocess.run(
            ["cc", "-shared", "-fPIC", "-O2", *flags, TOP / "Benchmarks/time-exchanges.c",
             f"-Wl,-soname,{LIBRARY}", "-Wl,--no-as-needed", itself, "-Wl,-rpath,$ORIGIN",
             "-o", self.folder / LIBRARY], check=True)
        self.environment = {"LD_LIBRARY_PATH": str(self.folder), "LATCHKEY_EXCHANGES": str(self.times)}
        # For what brings a libpcsclite of its own, under a name of its own.
        self.before_all = {"LD_PRELOAD": str(self.folder / LIBRARY)}

    def reset(self):
        self.times.write_text("")

    @property
    def seconds(self):
        """Within SCardTransmit, since the reset."""
        return sum(int(line) for line in self.times.read_text().split()) / 1e9
