"""PySequoia: its Card, and signing and decrypting with one."""

import sys

import johnnycanencrypt.johnnycanencrypt as jce
from pysequoia import Card, Cert, decrypt, encrypt, sign, verify

from operations import ADMIN, USER, operation, require

MESSAGE = b"Ada was here.\n"
MANUFACTURER = sys.argv[1]
IDENT = f"{MANUFACTURER}:01020304"

# PySequoia brings no keys to a card; johnnycanencrypt does.
public, secret, fingerprint = jce.create_key(
    "secret", ["Ada <ada@example.org>"], "Cv25519", 1_700_000_000, 0, False, 7, False, False)
jce.upload_to_smartcard(secret.encode(), ADMIN.encode(), "secret", 7)
jce.set_name(b"Lovelace<<Ada", ADMIN.encode())
jce.set_url(b"https://example.org/ada", ADMIN.encode())
cert = Cert.from_bytes(public.encode())

with operation("Card.all"):
    require([card.ident for card in Card.all()] == [IDENT])
with operation("Card.open, ident"):
    card = Card.open(IDENT)
    require(card.ident == IDENT)
with operation("Card.open, a card that isn't there"):
    try:
        Card.open(f"{MANUFACTURER}:FFFFFFFF")
    except Exception:
        pass
    else:
        require(False, "it was opened")
with operation("cardholder"):
    require(card.cardholder == "Lovelace<<Ada", card.cardholder)
with operation("cert_url"):
    require(card.cert_url == "https://example.org/ada", card.cert_url)
with operation("keys: fingerprint, usage, touch_required"):
    require(len(card.keys) == 3 and not any(key.touch_required for key in card.keys))
    require("sign" in card.keys[0].usage and "decrypt" in card.keys[1].usage)
with operation("signer, sign, verify"):
    signed = sign(card.signer(USER), MESSAGE)
    require(bytes(verify(signed, lambda ids: [cert]).bytes) == MESSAGE)
with operation("signer, encrypt"):
    signed = encrypt(recipients=[cert], bytes=MESSAGE, signer=card.signer(USER))
with operation("decryptor, decrypt"):
    sealed = encrypt(recipients=[cert], bytes=MESSAGE)
    require(bytes(decrypt(decryptor=card.decryptor(USER), bytes=sealed).bytes) == MESSAGE)
with operation("decryptor, decrypt and verify"):
    opened = decrypt(card.decryptor(USER), signed, lambda ids: [cert])
    require(bytes(opened.bytes) == MESSAGE)
with operation("signer, a wrong PIN", unable="it panics", error="PanicException"):
    try:
        sign(card.signer("999999"), MESSAGE)
    except Exception:
        pass
