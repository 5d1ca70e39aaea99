"""OpenPGPpy: every method of its OpenPGPcard."""

import hashlib

import OpenPGPpy
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, x25519
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA256

from operations import ADMIN, USER, operation, require

MESSAGE = b"Ada was here.\n"
DIGEST = hashlib.sha256(MESSAGE).digest()
card = OpenPGPpy.OpenPGPcard()
RAW = serialization.Encoding.Raw, serialization.PublicFormat.Raw


def point(answer):
    """86 and its value, the last in the public key's template."""
    return answer[answer.index(b"\x86") + 2:]


with operation("OpenPGPcard, reader_index"):
    del card
    card = OpenPGPpy.OpenPGPcard(0)
with operation("get_identifier"):
    require(card.serial == 0x01020304 and card.pgpverstr == "3.4", card.serial)
with operation("get_length"):
    require(card.max_cmd == 3070 and card.max_rsp == 3070)
with operation("get_features"):
    require(card.button and not card.display)
with operation("display_features"):
    card.display_features()
with operation("get_historical_bytes"):
    require(len(card.get_historical_bytes()) >= 8)
with operation("get_application_data"):
    require("73" in card.get_application_data())
with operation("get_pwstatus"):
    require(len(card.get_pwstatus()) == 7)
with operation("get_random", unable="it sends an Lc of 0 before the Le: no case of ISO 7816-4",
               error="0x6700"):
    require(len(card.get_random(32)) == 32)
for bank, pin in [(1, USER), (2, USER), (3, ADMIN)]:
    with operation(f"get_pin_status({bank})"):
        require(card.get_pin_status(bank) == 3, card.get_pin_status(bank))
    with operation(f"verify_pin({bank})"):
        card.verify_pin(bank, pin)
        require(card.get_pin_status(bank) == 9000)
with operation("change_pin(1)"):
    card.change_pin(USER, "1234567", 1)
    card.change_pin("1234567", USER, 1)
with operation("change_pin(3)"):
    card.change_pin(ADMIN, "123456789", 3)
    card.change_pin("123456789", ADMIN, 3)
with operation("put_data, get_data"):
    card.verify_pin(3, ADMIN)
    card.put_data("005E", b"Ada".hex())
    require(bytes(card.get_data("5E")) == b"Ada")
with operation("select_data, get_data, get_next_data"):
    for number in range(3):
        card.select_data("7F21", number)
        card.put_data("7F21", f"0{number}")
    card.select_data("7F21", 0)
    require(card.get_data("7F21") == [0])
    require(card.get_next_data(0x7F, 0x21) == [1])
with operation("gen_key, get_public_key, RSA2048"):
    require(card.gen_key("B600") == card.get_public_key("B600"))
with operation("sign, RSA2048"):
    card.verify_pin(1, USER)
    info = bytes.fromhex("3031300d060960864801650304020105000420") + DIGEST
    answer = card.get_public_key("B600")
    modulus = int.from_bytes(answer[answer.index(b"\x81\x82\x01\x00") + 4:][:256], "big")
    opened = pow(int.from_bytes(card.sign(info), "big"), 65537, modulus).to_bytes(256, "big")
    require(opened.endswith(b"\x00" + info))
with operation("sign_ec_der, P-256"):
    card.verify_pin(3, ADMIN)
    card.put_data("00C1", "132A8648CE3D030107")
    key = ec.EllipticCurvePublicKey.from_encoded_point(
        ec.SECP256R1(), point(card.gen_key("B600")))
    card.verify_pin(1, USER)
    key.verify(card.sign_ec_der(DIGEST), MESSAGE, ec.ECDSA(SHA256()))
with operation("sign, Ed25519"):
    card.verify_pin(3, ADMIN)
    card.put_data("00C1", "162B06010401DA470F01")
    key = ed25519.Ed25519PublicKey.from_public_bytes(point(card.gen_key("B600")))
    card.verify_pin(1, USER)
    key.verify(card.sign(MESSAGE), MESSAGE)
with operation("decipher, RSA2048"):
    card.verify_pin(3, ADMIN)
    answer = card.gen_key("B800")
    modulus = int.from_bytes(answer[answer.index(b"\x81\x82\x01\x00") + 4:][:256], "big")
    block = b"\x00\x02" + b"\x01" * 248 + b"\x00" + b"Ada!!"
    card.verify_pin(2, USER)
    cryptogram = pow(int.from_bytes(block, "big"), 65537, modulus).to_bytes(256, "big")
    require(card.decipher(b"\x00" + cryptogram) == b"Ada!!")
own = x25519.X25519PrivateKey.generate()
card.verify_pin(3, ADMIN)
card.put_data("00C2", "122B060104019755010501")
made = x25519.X25519PublicKey.from_public_bytes(point(card.gen_key("B800")))
card.verify_pin(2, USER)
with operation("decipher, X25519"):
    field = bytes.fromhex("A6257F4922 8620") + own.public_key().public_bytes(*RAW)
    require(card.decipher(field) == own.exchange(made))
with operation("decipher_25519", unable="its A6 says 18 bytes where 37 follow",
               error="PGPCardException"):
    require(card.decipher_25519(own.public_key().public_bytes(*RAW)) == own.exchange(made))
with operation("encipher", unable="OpenPGPpy has not written it", error="NotImplementedError"):
    card.encipher()
with operation("terminate_df, activate_file"):
    card.verify_pin(3, ADMIN)
    card.terminate_df()
    card.activate_file()
with operation("reset"):
    card.reset(ADMIN)
    require(card.get_data("5E") == [])
