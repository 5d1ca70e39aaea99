"""A folder with a dongle, PINs, a LUKS image, a small /boot and a home for gpg."""

import functools
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from measure import Failed, Run

TOP = Path(__file__).resolve().parents[2]
PIN, ADMIN = "271828", "31415926"
SERIAL = "01020304"
PINENTRY = """#!/bin/sh
prompt=
echo 'OK ready'
while IFS= read -r line; do
  case $line in
  SETDESC*|SETPROMPT*) prompt="$prompt $line"; echo OK ;;
  GETPIN) case $prompt in *Admin*) echo "D %s" ;; *) echo "D %s" ;; esac; echo OK; prompt= ;;
  BYE) echo OK; exit 0 ;;
  *) echo OK ;;
  esac
done
"""


class Programs:
    """Where ours are, as scripts/build-release made them; and the other clients' Python."""

    def __init__(self):
        released = TOP / ".build/release"
        self.latchkey = released / "latchkey"
        self.virtual_card = released / "virtual-card"
        self.inside = released / "inside"
        self.unlock = TOP / ".build-embedded/release/latchkey-unlock"
        self.plugin = TOP / ".build-embedded/release/libcryptsetup-token-openpgp-card.so"
        self.python = TOP / ".build-python/clients/bin/python"


class Place:
    """`readers` is set once the card is in one; until then ours works on the card's file. `stopwatch` is set
    where the card's time is measured."""

    def __init__(self, programs, profile="yubikey-5", on_disk=False):
        self.programs = programs
        self.profile = profile
        # In memory: the virtual card waits for its file at each change, which no dongle does.
        memory = None if on_disk or not os.access("/dev/shm", os.W_OK) else "/dev/shm"
        self.folder = Path(tempfile.mkdtemp(prefix="latchkey-bench-", dir=memory))
        self.readers = self.stopwatch = None
        self.more = {}
        os.chmod(self.folder, 0o700)
        for name, text in (("pin", PIN), ("admin", ADMIN), ("old", "the old passphrase")):
            self.write(name, text + "\n")
        self.create("dongle.card")

    def write(self, name, text):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def create(self, name, serial=SERIAL):
        self.run(self.programs.virtual_card, "create", "--profile",
                 TOP / f"cards/{self.profile}.json", "--serial", serial, name)

    def run(self, program, *arguments, stdin=b"", expect=(0,), env=None):
        return Run([str(part) for part in (program, *arguments)], cwd=self.folder, stdin=stdin,
                   expect=expect, env={**self.environment, **(env or {})})

    @property
    def environment(self):
        parts = [part.environment for part in (self.readers, self.stopwatch) if part]
        return {name: value for part in (*parts, self.more) for name, value in part.items()}

    def latchkey(self, *arguments, cards=("dongle.card",), expect=(0,)):
        """Ours, on the card in the reader, or on cards' files."""
        chosen = [] if self.readers else [
            part for card in cards for part in ("--virtual-card", card)]
        return self.run(self.programs.latchkey, *arguments, *chosen, "--sysroot", "system",
                        expect=expect)

    # The jobs of a person

    def provision(self, cards=("dongle.card",), export="ada.asc"):
        return self.latchkey(
            "provision", "--name", "Ada", "--email", "ada@example.org", "--pin-file", "pin",
            "--admin-pin-file", "admin", "--export", export, "--yes", cards=cards)

    def small_boot(self):
        self.write("BOOT/vmlinuz-6.1", "a kernel")
        self.write("BOOT/initrd.img-6.1", "an initrd")
        self.write("BOOT/grub/grub.cfg",
                   "menuentry 'Debian' {\nlinux /vmlinuz-6.1 ro\ninitrd /initrd.img-6.1\n}\n")

    def image(self, name="disk.img"):
        self.run("truncate", "-s", "20M", name)
        self.run("cryptsetup", "luksFormat", "-q", "--type", "luks2", "--pbkdf", "pbkdf2",
                 "--pbkdf-force-iterations", "1000", name, "-", stdin=b"the old passphrase")

    def enroll(self, name="disk.img", cards=("dongle.card",)):
        pins = [part for _ in cards for part in ("--pin-file", "pin")]
        return self.latchkey("enroll", name, *pins, "--passphrase-file", "old", "--boot", "BOOT",
                             "--yes", cards=cards)

    def sign(self, boot="BOOT"):
        """What changed has no cause that anyone could name here."""
        return self.latchkey("sign", "--pin-file", "pin", "--boot", boot, "--names", "relative",
                             "--yes", *self.unexplained)

    @functools.cached_property
    def unexplained(self):
        has_it = "--unexplained" in self.run(self.programs.latchkey, "sign", "--help").text
        return ["--unexplained"] if has_it else []

    def verify(self, boot="BOOT", expect=(0,)):
        return self.latchkey("verify", "--boot", boot, "--trusted", "ada.asc", cards=(),
                             expect=expect)

    def unlock(self, name="disk.img"):
        return self.latchkey("unlock", name, "--pin-file", "pin", "--boot", "BOOT", "--trusted",
                             "ada.asc", "--test")

    @property
    def record(self):
        """The folder of the volume's record, and the blob in it."""
        return next((self.folder / "system/etc/latchkey").glob("*-*"))

    def initramfs_unlock(self):
        """What the initramfs does: the record's folder in, the key on stdout."""
        return self.run(self.programs.unlock, "--run", self.folder / "run", "--pin-fd", "0",
                        self.record, stdin=(PIN + "\n").encode())

    # gpg on the same card

    def gpg_home(self, pin=PIN, admin=ADMIN):
        home = self.folder / "gnupg"
        home.mkdir(mode=0o700)
        pinentry = self.write("gnupg/pinentry", PINENTRY % (admin, pin))
        pinentry.chmod(0o700)
        self.write("gnupg/gpg-agent.conf", f"pinentry-program {pinentry}\n")
        self.write("gnupg/scdaemon.conf", "disable-ccid\n")
        if (self.folder / "ada.asc").exists():
            self.gpg("--import", "ada.asc")
            self.gpg("--card-status")

    def gpg(self, *arguments):
        return self.served("gpg", "--quiet", "--no-tty", "--batch", "--yes", "--trust-model",
                           "always", *arguments)

    def served(self, program, *arguments, stdin=b""):
        """One of gpg's programs, with what its agent and scdaemon use meanwhile."""
        before = self.servants()[0]
        run = self.run(program, "--homedir", self.folder / "gnupg", *arguments, stdin=stdin)
        after, memory = self.servants()
        run.cpu += after - before
        run.memory += memory
        return run

    def servants(self):
        """CPU seconds and peak memory of gpg-agent and scdaemon."""
        seconds = memory = 0
        home = str(self.folder / "gnupg").encode()
        for process in Path("/proc").glob("[0-9]*"):
            try:
                command = (process / "cmdline").read_bytes()
                if home not in command or b"--homedir" not in command:
                    continue
                for thread in (process / "task").iterdir():
                    seconds += int((thread / "schedstat").read_text().split()[0]) / 1e9
                status = (process / "status").read_text()
                memory += int(status.split("VmHWM:")[1].split()[0]) * 1024
            except (OSError, IndexError):
                continue
        return seconds, memory

    def gpg_editor(self, *commands):
        return self.served("gpg", "--no-tty", "--yes", "--expert", "--status-fd", "1",
                           "--command-fd", "0", "--edit-card",
                           stdin="".join(f"{line}\n" for line in commands).encode())

    def gpg_check_pin(self):
        card = f"D2760001240103040006{SERIAL}0000"
        return self.served("gpg-connect-agent", "scd serialno openpgp", f"scd checkpin {card}", "/bye")

    def end_gpg(self):
        """Ends agent and scdaemon: the next gpg is a cold one."""
        subprocess.run(["gpgconf", "--homedir", self.folder / "gnupg", "--kill", "all"],
                       stderr=subprocess.DEVNULL, check=False)
        for name in ("S.gpg-agent", "S.scdaemon"):
            path = self.folder / "gnupg" / name
            for _ in range(500):
                if not path.exists():
                    break
                subprocess.run(["sleep", "0.01"], check=False)

    def client(self, name, operation):
        """Another client's operation in a process of its own; its wall is the operation's alone, as
        the script that calls it says it: Python's start is not the client's."""
        run = self.run(self.programs.python, TOP / f"Benchmarks/harness/clients/{name}.py",
                       operation, PIN, env={"PYTHONDONTWRITEBYTECODE": "1", **self.stopwatch.before_all})
        said = [line for line in run.text.splitlines() if line.startswith("seconds ")]
        if not said:
            raise Failed(f"{name} {operation}: {run.text}{run.errors.decode(errors='replace')}")
        run.wall = float(said[-1].split()[1])
        return run

    def close(self):
        if (self.folder / "gnupg").exists():
            self.end_gpg()
        if self.readers:
            self.readers.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
