"""PySequoia (openpgp-card of Rust): one operation on the card in the reader, timed by itself."""

import sys
import time

from pysequoia import Card, Cert, decrypt, sign

operation, pin = sys.argv[1:]
cert = Cert.from_file("ada.asc")
start = time.perf_counter()
if operation == "status":
    card = Card.open(Card.all()[0].ident)
    [card.cardholder, card.cert_url, [(key.fingerprint, key.usage) for key in card.keys]]
elif operation == "sign":
    sign(Card.open(Card.all()[0].ident).signer(pin), b"Ada was here.\n")
elif operation == "decrypt":
    with open("key.pgp", "rb") as file:
        sealed = file.read()
    start = time.perf_counter()
    decrypt(decryptor=Card.open(Card.all()[0].ident).decryptor(pin), bytes=sealed)
print("seconds", time.perf_counter() - start)
