"""`ykman openpgp`, the command in PyPI's yubikey-manager: every subcommand."""

import os
import tempfile

import ykman.pcsc
from click.testing import CliRunner
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from smartcard.System import readers
from ykman._cli.__main__ import cli
from yubikit.core import PID, USB_INTERFACE, YUBIKEY
from yubikit.openpgp import KEY_REF, RSA_SIZE, OpenPgpSession

from operations import ADMIN, USER, operation, require, run

# It would end any scdaemon on the machine where it can't have the reader.
ykman.pcsc.kill_scdaemon = lambda: False
ykman.pcsc.kill_yubikey_agent = lambda: False

# It knows a Yubikey and its interfaces by the reader's name, which is vpcd's here.
ykman.pcsc._pid_from_name = lambda name: PID.of(YUBIKEY.YK4, USB_INTERFACE.CCID)

folder = tempfile.TemporaryDirectory()


def path(name):
    return os.path.join(folder.name, name)


def ykman_openpgp(*arguments):
    result = CliRunner().invoke(
        cli, ["--reader", "Virtual Reader 0 00 00", "openpgp", *arguments], obj={})
    require(result.exit_code == 0, f"{result.exit_code}: {result.output} {result.exception!r}")
    return " ".join(result.output.split())


run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
    "-keyout", path("key"), "-subj", "/CN=Ada", "-out", path("certificate"))
with open(path("rsa"), "wb") as file:
    file.write(rsa.generate_private_key(65537, 2048).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption()))

with operation("info"):
    shown = ykman_openpgp("info")
    require("OpenPGP version:" in shown and "3.4" in shown and "5.4.3" in shown, shown)
with operation("access change-pin"):
    ykman_openpgp("access", "change-pin", "-P", USER, "-n", "1234567")
    ykman_openpgp("access", "change-pin", "-P", "1234567", "-n", USER)
with operation("access change-admin-pin"):
    ykman_openpgp("access", "change-admin-pin", "-a", ADMIN, "-n", "123456789")
    ykman_openpgp("access", "change-admin-pin", "-a", "123456789", "-n", ADMIN)
with operation("access change-reset-code"):
    ykman_openpgp("access", "change-reset-code", "-a", ADMIN, "-r", "87654321")
with operation("access unblock-pin --reset-code"):
    ykman_openpgp("access", "unblock-pin", "-r", "87654321", "-n", "1234567")
with operation("access unblock-pin --admin-pin"):
    ykman_openpgp("access", "unblock-pin", "-a", ADMIN, "-n", USER)
with operation("access set-retries"):
    ykman_openpgp("access", "set-retries", "-a", ADMIN, "-f", "5", "4", "3")
    require("PIN tries remaining: 5" in ykman_openpgp("info"))
with operation("access set-signature-policy"):
    ykman_openpgp("access", "set-signature-policy", "-a", ADMIN, "once")
    require("Once" in ykman_openpgp("info"))
for slot in ("sig", "dec", "aut"):
    with operation(f"keys set-touch {slot}"):
        for policy in ("on", "cached", "off"):
            ykman_openpgp("keys", "set-touch", "-a", ADMIN, "-f", slot, policy)
    with operation(f"certificates import, export, delete {slot}"):
        ykman_openpgp("certificates", "import", "-a", ADMIN, slot, path("certificate"))
        ykman_openpgp("certificates", "export", slot, path("read"))
        with open(path("read")) as read, open(path("certificate")) as written:
            require(read.read() == written.read())
        ykman_openpgp("certificates", "delete", "-a", ADMIN, slot)
# ykman generates no keys: the library beneath it does.
connection = ykman.pcsc.ScardSmartCardConnection(readers()[0].createConnection())
session = OpenPgpSession(connection)
session.verify_admin(ADMIN)
session.generate_rsa_key(KEY_REF.SIG, RSA_SIZE.RSA2048)
connection.close()
with operation("keys info"):
    require("RSA2048" in ykman_openpgp("keys", "info", "sig"))
with operation("keys attest"):
    ykman_openpgp("keys", "attest", "-P", USER, "sig", path("attestation"))
    ykman_openpgp("certificates", "export", "att", path("issuer"))
    run("openssl", "verify", "-CAfile", path("issuer"), path("attestation"))
with operation("keys import att"):
    ykman_openpgp("keys", "import", "-a", ADMIN, "att", path("rsa"))
with operation("reset"):
    ykman_openpgp("reset", "-f")
    require("PIN tries remaining: 3" in ykman_openpgp("info"))
