"""OpenSC's openpgp-tool and pkcs11-tool: every option that means something for an OpenPGP card."""

import hashlib
import os
import subprocess
import tempfile

from operations import ADMIN, USER, operation, require, run

folder = tempfile.TemporaryDirectory()
MESSAGE = b"Ada was here.\n"


def path(name):
    return os.path.join(folder.name, name)


def tool(*arguments, **rest):
    return run("openpgp-tool", *arguments, **rest)


def pkcs11(*arguments, **rest):
    return run("pkcs11-tool", *arguments, **rest)


def admin(*arguments, **rest):
    return tool("--verify", "CHV3", "--pin", ADMIN, *arguments, **rest)


def openssl(*arguments):
    return run("openssl", *arguments)


def read_key(number):
    pkcs11("--slot-index", slot(number), "--read-object", "--type", "pubkey", "--id", f"0{number}",
           "--output-file", path(f"key{number}"))
    return path(f"key{number}")


def slot(number):
    """OpenSC shows a card as two tokens: one with the signature PIN, one with the other."""
    return "1" if number == 1 else "0"


def sign(number, mechanism, *digest):
    pkcs11("--slot-index", slot(number), "--login", "--pin", USER, "--id", f"0{number}", "--sign",
           "--mechanism", mechanism, "--input-file", path("message"), "--output-file",
           path("signature"))
    openssl("dgst", "-sha256", "-verify", read_key(number), "-keyform", "DER", "-signature",
            path("signature"), path("message"))


with open(path("message"), "wb") as file:
    file.write(MESSAGE)

with operation("openpgp-tool --help"):
    require("--gen-key" in tool("--help", status=2))
with operation("openpgp-tool --version"):
    require("OpenPGP card utility" in tool("--version"))
with operation("openpgp-tool --card-info"):
    require("01020304" in tool("--card-info"))
with operation("openpgp-tool --user-info"):
    require("Gender" in tool("--user-info"))
with operation("openpgp-tool --key-info"):
    require("Sig Algorithm:   RSA2048" in tool("--key-info"))
with operation("openpgp-tool --raw"):
    require("D2 76 00 01 24 01" in tool("--raw", "--card-info"))
with operation("openpgp-tool --pretty"):
    require("AID" in tool("--pretty", "--card-info"))
with operation("openpgp-tool --reader"):
    require("01020304" in tool("--reader", "0", "--card-info"))
with operation("openpgp-tool --verbose"):
    require("returning" in tool("-v", "-v", "-v", "-v", "--card-info"))
with operation("openpgp-tool --exec"):
    require("OPENPGP_GENDER" in tool("--user-info", "--exec", "/usr/bin/env"))
with operation("openpgp-tool --verify CHV1"):
    tool("--verify", "CHV1", "--pin", USER)
with operation("openpgp-tool --verify CHV2"):
    tool("--verify", "CHV2", "--pin", USER)
with operation("openpgp-tool --verify CHV3"):
    admin()
with operation("openpgp-tool --verify with a wrong PIN"):
    output = subprocess.run(["openpgp-tool", "--verify", "CHV1", "--pin", "999999"],
                            capture_output=True, timeout=600)
    require(output.returncode != 0)
    tool("--verify", "CHV1", "--pin", USER)
for number, name in [(1, "signing"), (2, "decryption"), (3, "authentication")]:
    with operation(f"openpgp-tool --gen-key {number} --key-type rsa2048"):
        admin("--gen-key", str(number), "--key-type", "rsa2048")
        zeros = ":".join(["00"] * 20)
        prints = [line for line in tool("--key-info").split("\n") if "Fingerprint" in line]
        require(sum(zeros in line for line in prints) == 3 - number, prints)
with operation("openpgp-tool --do"):
    tool("--do", "1")
with operation("openpgp-tool --del-key", unable="it deletes keys of a Gnuk only",
               error="only Gnuk supports"):
    admin("--del-key", "1")

with operation("pkcs11-tool --list-slots"):
    require("000601020304" in pkcs11("--list-slots"))
with operation("pkcs11-tool --list-token-slots"):
    require("User PIN (sig)" in pkcs11("--list-token-slots"))
with operation("pkcs11-tool --list-mechanisms"):
    require("RSA-PKCS, keySize={2048,4096}" in pkcs11("--list-mechanisms"))
with operation("pkcs11-tool --list-objects"):
    require("Authentication key" in pkcs11("--list-objects"))
with operation("pkcs11-tool --login --list-objects"):
    require("Private Key Object" in pkcs11("--login", "--pin", USER, "--list-objects"))
for number in (1, 2, 3):
    with operation(f"pkcs11-tool --read-object, key {number}"):
        require(os.path.getsize(read_key(number)) > 256)
for number in (1, 3):
    with operation(f"pkcs11-tool --sign SHA256-RSA-PKCS, key {number}"):
        sign(number, "SHA256-RSA-PKCS")
with operation("pkcs11-tool --sign RSA-PKCS"):
    prefix = bytes.fromhex("3031300d060960864801650304020105000420")
    with open(path("info"), "wb") as file:
        file.write(prefix + hashlib.sha256(MESSAGE).digest())
    pkcs11("--slot-index", "1", "--login", "--pin", USER, "--id", "01", "--sign", "--mechanism",
           "RSA-PKCS", "--input-file", path("info"), "--output-file", path("signature"))
    openssl("dgst", "-sha256", "-verify", read_key(1), "-keyform", "DER", "-signature",
            path("signature"), path("message"))
with operation("pkcs11-tool --decrypt RSA-PKCS"):
    openssl("pkeyutl", "-encrypt", "-pubin", "-inkey", read_key(2), "-keyform", "DER", "-in",
            path("message"), "-out", path("cryptogram"))
    pkcs11("--login", "--pin", USER, "--id", "02", "--decrypt", "--mechanism", "RSA-PKCS",
           "--input-file", path("cryptogram"), "--output-file", path("plain"))
    with open(path("plain"), "rb") as file:
        require(file.read() == MESSAGE)
with operation("pkcs11-tool --generate-random"):
    pkcs11("--generate-random", "16", "--output-file", path("random"))
    require(os.path.getsize(path("random")) == 16)
with operation("pkcs11-tool --change-pin"):
    pkcs11("--login", "--pin", USER, "--change-pin", "--new-pin", "1234567")
    pkcs11("--login", "--pin", "1234567", "--change-pin", "--new-pin", USER)
with operation("pkcs11-tool --init-pin", unable="OpenSC has it not for OpenPGP cards",
               error="CKR_FUNCTION_NOT_SUPPORTED"):
    pkcs11("--login", "--login-type", "so", "--so-pin", ADMIN, "--init-pin", "--new-pin", USER)
with operation("openpgp-tool --gen-key 1 --key-type rsa3072"):
    admin("--gen-key", "1", "--key-type", "rsa3072")
with operation("openpgp-tool --gen-key 1 --key-type nistp256", unable="it generates RSA only",
               error="non-RSA keys is not yet"):
    admin("--gen-key", "1", "--key-type", "nistp256")
with operation("openpgp-tool --erase"):
    tool("--erase")
    require("Sig Create Date: 1970" in tool("--key-info"))
