"""johnnycanencrypt: every function of it that goes to the card."""

import os
import tempfile

import johnnycanencrypt.johnnycanencrypt as jce

from operations import ADMIN, USER, operation, require

MESSAGE = b"Ada was here.\n"
PIN, PIN3 = USER.encode(), ADMIN.encode()
folder = tempfile.TemporaryDirectory()


def path(name):
    return os.path.join(folder.name, name).encode()


def written(name):
    with open(path(name), "rb") as file:
        return file.read()


def key(cipher):
    """A key with subkeys to decrypt, sign and authenticate."""
    public, secret, _ = jce.create_key(
        "secret", ["Ada <ada@example.org>"], cipher, 1_700_000_000, 0, False, 7, False, True)
    return public.encode(), secret.encode()


with open(path("message"), "wb") as file:
    file.write(MESSAGE)

with operation("is_smartcard_connected"):
    require(jce.is_smartcard_connected())
with operation("get_card_details"):
    require(jce.get_card_details()["serial_number"] == "01020304", jce.get_card_details())
with operation("get_card_version"):
    require(jce.get_card_version() == (5, 4, 3), jce.get_card_version())
with operation("verify_userpin_oncard"):
    require(jce.verify_userpin_oncard(PIN))
with operation("verify_adminpin_oncard"):
    require(jce.verify_adminpin_oncard(PIN3))
with operation("verify_userpin_oncard, wrong"):
    try:
        wrong = jce.verify_userpin_oncard(b"999999")
    except Exception:
        wrong = False
    require(not wrong)
    require(jce.verify_userpin_oncard(PIN))
with operation("set_name"):
    require(jce.set_name(b"Lovelace<<Ada", PIN3))
    require("Lovelace" in jce.get_card_details()["name"])
with operation("set_url"):
    require(jce.set_url(b"https://example.org/ada", PIN3))
    require(jce.get_card_details()["url"] == "https://example.org/ada")
with operation("change_user_pin"):
    require(jce.change_user_pin(PIN3, b"1234567") and jce.verify_userpin_oncard(b"1234567"))
    jce.change_user_pin(PIN3, PIN)
with operation("change_admin_pin"):
    require(jce.change_admin_pin(PIN3, b"123456789") and jce.verify_adminpin_oncard(b"123456789"))
    jce.change_admin_pin(b"123456789", PIN3)
for slot in (jce.KeySlot.Signature, jce.KeySlot.Encryption, jce.KeySlot.Authentication):
    name = str(slot).split(".")[-1]
    with operation(f"set_keyslot_touch_policy, get_keyslot_touch_policy: {name}"):
        for mode in (jce.TouchMode.On, jce.TouchMode.Off):
            require(jce.set_keyslot_touch_policy(PIN3, slot, mode))
            require(jce.get_keyslot_touch_policy(slot) == mode)

# Its search in the certificate ends before a command goes to the card.
LOST = "it finds no key of its own certificate, and asks the card nothing"
SAID = "No suitable key found on the card"
public, secret = None, None
for cipher in ("RSA2k", "Cv25519"):
    public, secret = key(cipher)
    with operation(f"upload_to_smartcard: {cipher}"):
        require(jce.upload_to_smartcard(secret, PIN3, "secret", 7))
    with operation(f"sign_bytes_detached_on_card: {cipher}"):
        require("BEGIN PGP SIGNATURE" in jce.sign_bytes_detached_on_card(public, MESSAGE, PIN))
    with operation(f"decrypt_bytes_on_card: {cipher}", unable=LOST, error=SAID):
        sealed = jce.encrypt_bytes_to_bytes([public], MESSAGE)
        require(jce.decrypt_bytes_on_card(public, sealed, PIN) == MESSAGE)
with operation("decrypt_file_on_card", unable=LOST, error=SAID):
    jce.encrypt_bytes_to_file([public], MESSAGE, path("sealed"))
    jce.decrypt_file_on_card(public, path("sealed"), path("opened"), PIN)
    require(written("opened") == MESSAGE)
with operation("decrypt_filehandler_on_card", unable=LOST, error=SAID):
    with open(path("sealed"), "rb") as file:
        jce.decrypt_filehandler_on_card(public, file, path("opened again"), PIN)
    require(written("opened again") == MESSAGE)
with operation("sign_file_on_card"):
    require(jce.sign_file_on_card(public, path("message"), path("signed"), PIN, True))
with operation("sign_file_detached_on_card"):
    require("SIGNATURE" in jce.sign_file_detached_on_card(public, path("message"), PIN))
with operation("upload_primary_to_smartcard"):
    require(jce.upload_primary_to_smartcard(secret, PIN3, "secret", 2))
with operation("add_uid_on_card"):
    public = jce.add_uid_on_card(public, b"Augusta Ada <augusta@example.org>", PIN)
with operation("revoke_uid_on_card"):
    jce.revoke_uid_on_card(public, b"Augusta Ada <augusta@example.org>", PIN)
with operation("update_primary_expiry_on_card"):
    jce.update_primary_expiry_on_card(public, 1_000_000, PIN)
with operation("update_subkeys_expiry_on_card"):
    parsed = jce.parse_cert_bytes(public)
    prints = [sub[1] for sub in parsed[5]["subkeys"]] if "subkeys" in parsed[5] else []
    jce.update_subkeys_expiry_on_card(public, prints, 1_000_000, PIN)
with operation("certify_key"):
    other, _ = key("Cv25519")
    jce.certify_key(public, other, 0, ["Ada <ada@example.org>"], PIN, True)
with operation("reset_yubikey"):
    require(jce.reset_yubikey())
    require(jce.get_card_details()["name"] == "")
