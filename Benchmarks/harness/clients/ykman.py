"""ykman: what `ykman openpgp info` does, in this process, timed by itself."""

import sys
import time

sys.path.pop(0)  # this file is called as what it imports

import ykman.pcsc  # noqa: E402
from click.testing import CliRunner  # noqa: E402
from ykman._cli.__main__ import cli  # noqa: E402
from yubikit.core import PID, USB_INTERFACE, YUBIKEY  # noqa: E402

# It would end any scdaemon on the machine, and knows a Yubikey by the reader's name, which is vpcd's here.
ykman.pcsc.kill_scdaemon = lambda: False
ykman.pcsc.kill_yubikey_agent = lambda: False
ykman.pcsc._pid_from_name = lambda name: PID.of(YUBIKEY.YK4, USB_INTERFACE.CCID)

assert sys.argv[1] == "status"
start = time.perf_counter()
result = CliRunner().invoke(cli, ["--reader", "Virtual Reader 0 00 00", "openpgp", "info"], obj={})
assert result.exit_code == 0, result.output
print("seconds", time.perf_counter() - start)
