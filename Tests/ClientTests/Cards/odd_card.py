"""A card that answers as no card should, in vpcd; the folder's name says how."""

import os
import sys

from vpcd import serve

ANSWERS = {
    "refuses": bytes.fromhex("6F00"),
    "rambles": b"\x6E\xFF\x81" * 40 + b"\x90\x00",
    "endless": b"\x00" * 32 + b"\x61\x20",
    "short": b"\x90",
}
answer = ANSWERS[os.path.basename(sys.argv[3])]
serve(lambda: bytes.fromhex("3B00"), lambda on: None, lambda apdu: answer)
