"""johnnycanencrypt: one operation on the card in the reader, timed by itself."""

import sys
import time

sys.path.pop(0)  # this file is called as what it imports

import johnnycanencrypt.johnnycanencrypt as jce  # noqa: E402

operation, pin = sys.argv[1:]
with open("ada.asc", "rb") as file:
    public = file.read()
with open("key.pgp", "rb") as file:
    sealed = file.read()
start = time.perf_counter()
if operation == "status":
    jce.get_card_details()
elif operation == "sign":
    jce.sign_bytes_detached_on_card(public, b"Ada was here.\n", pin.encode())
elif operation == "decrypt":
    jce.decrypt_bytes_on_card(public, sealed, pin.encode())
elif operation == "verify-pin":
    assert jce.verify_userpin_oncard(pin.encode())
print("seconds", time.perf_counter() - start)
