"""yubikit.openpgp, the library in PyPI's yubikey-manager: every method of OpenPgpSession."""

import datetime

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa, x25519
from cryptography.x509.oid import NameOID
from smartcard.System import readers
from ykman.pcsc import ScardSmartCardConnection
from yubikit.core.smartcard import ApduError
from yubikit.openpgp import (
    DO, KEY_REF, OID, PIN_POLICY, PW, RSA_SIZE, UIF, CurveOid, EcAttributes, InvalidPinError,
    KdfIterSaltedS2k, KdfNone, OpenPgpSession, RsaAttributes)

from operations import ADMIN, USER, operation, require

MESSAGE = b"Ada was here.\n"
SHA256 = hashes.SHA256()
SIG, DEC, AUT, ATT = KEY_REF.SIG, KEY_REF.DEC, KEY_REF.AUT, KEY_REF.ATT
connection = ScardSmartCardConnection(readers()[0].createConnection())
session = OpenPgpSession(connection)


def verify(key, signature):
    if isinstance(key, rsa.RSAPublicKey):
        key.verify(signature, MESSAGE, padding.PKCS1v15(), SHA256)
    elif isinstance(key, ed25519.Ed25519PublicKey):
        key.verify(signature, MESSAGE)
    else:
        key.verify(signature, MESSAGE, ec.ECDSA(SHA256))


def sign_with(key):
    session.verify_pin(USER)
    verify(key, session.sign(MESSAGE, SHA256))


def authenticate_with(key):
    session.verify_pin(USER, extended=True)
    verify(key, session.authenticate(MESSAGE, SHA256))


def decrypt_with(key):
    session.verify_pin(USER, extended=True)
    if isinstance(key, rsa.RSAPublicKey):
        require(session.decrypt(key.encrypt(MESSAGE, padding.PKCS1v15())) == MESSAGE)
    elif isinstance(key, x25519.X25519PublicKey):
        own = x25519.X25519PrivateKey.generate()
        require(session.decrypt(own.public_key()) == own.exchange(key))
    else:
        own = ec.generate_private_key(key.curve)
        require(session.decrypt(own.public_key()) == own.exchange(ec.ECDH(), key))


USES = {SIG: sign_with, DEC: decrypt_with, AUT: authenticate_with}


def same(one, other):
    form = serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    require(one.public_bytes(*form) == other.public_bytes(*form))


with operation("aid, version, extended_capabilities"):
    require(session.aid.serial == 1020304 and session.aid.manufacturer == 6)
    require(session.version >= (5, 2, 0) and session.extended_capabilities.flags)
with operation("get_application_related_data"):
    require(session.get_application_related_data().aid == session.aid)
with operation("get_challenge"):
    require(len(session.get_challenge(32)) == 32)
with operation("get_pin_status"):
    require(session.get_pin_status().get_attempts(PW.USER) == 3)
with operation("get_signature_counter"):
    require(session.get_signature_counter() == 0)
with operation("get_algorithm_information"):
    require(RsaAttributes.create(RSA_SIZE.RSA4096) in session.get_algorithm_information()[SIG])
with operation("verify_pin"):
    session.verify_pin(USER)
with operation("verify_pin, extended"):
    session.verify_pin(USER, extended=True)
with operation("verify_pin, wrong"):
    try:
        session.verify_pin("999999")
        require(False)
    except InvalidPinError as error:
        require(error.attempts_remaining == 2, error)
    session.verify_pin(USER)
with operation("verify_admin"):
    session.verify_admin(ADMIN)
OLD = "yubikit does it from firmware 5.6 on, and the profile has 5.4.3"
with operation("unverify_pin", unable=OLD, error="NotSupportedError"):
    session.unverify_pin(PW.ADMIN)
    try:
        session.put_data(DO.URL, b"u")
        require(False, "PW3 was still verified")
    except ApduError:
        session.verify_admin(ADMIN)
for do in (DO.NAME, DO.LOGIN_DATA, DO.LANGUAGE, DO.SEX, DO.URL):
    wrong = "its DO.LANGUAGE is EF2D, the object 5F2D" if do is DO.LANGUAGE else None
    with operation(f"put_data, get_data: {do.name}", unable=wrong, error="SW=0x6b00"):
        value = {DO.SEX: b"2", DO.LANGUAGE: b"en"}.get(do, b"Lovelace<<Ada")
        session.put_data(do, value)
        if do in (DO.LOGIN_DATA, DO.URL):
            require(session.get_data(do) == value)
        else:
            require(value in session.get_data(DO.CARDHOLDER_RELATED_DATA))
for do in (DO.PRIVATE_USE_1, DO.PRIVATE_USE_2, DO.PRIVATE_USE_3, DO.PRIVATE_USE_4):
    with operation(f"put_data, get_data: {do.name}"):
        session.verify_pin(USER, extended=True)
        session.put_data(do, b"private")
        require(session.get_data(do) == b"private")
with operation("set_signature_pin_policy"):
    session.set_signature_pin_policy(PIN_POLICY.ONCE)
    require(session.get_pin_status().pin_policy_user == PIN_POLICY.ONCE)
    session.set_signature_pin_policy(PIN_POLICY.ALWAYS)
with operation("change_pin"):
    session.change_pin(USER, "1234567")
    session.change_pin("1234567", USER)
with operation("change_admin"):
    session.change_admin(ADMIN, "123456789")
    session.change_admin("123456789", ADMIN)
with operation("set_reset_code, reset_pin"):
    session.verify_admin(ADMIN)
    session.set_reset_code("87654321")
    session.reset_pin("1234567", "87654321")
    session.verify_pin("1234567")
with operation("reset_pin, by the admin PIN"):
    session.verify_admin(ADMIN)
    session.reset_pin(USER)
    session.verify_pin(USER)
with operation("set_pin_attempts"):
    session.set_pin_attempts(5, 5, 5)
    require(session.get_pin_status().get_attempts(PW.USER) == 5)
    session.set_pin_attempts(3, 3, 3)
session.verify_admin(ADMIN)

for slot, use in USES.items():
    with operation(f"generate_rsa_key, get_public_key, use: {slot.name} RSA2048"):
        key = session.generate_rsa_key(slot, RSA_SIZE.RSA2048)
        same(key, session.get_public_key(slot))
        use(key)
        session.verify_admin(ADMIN)
for slot, curve in [(SIG, OID.Ed25519), (DEC, OID.X25519), (AUT, OID.Ed25519),
                    (SIG, OID.SECP256R1), (DEC, OID.SECP256R1), (AUT, OID.SECP256R1)]:
    with operation(f"generate_ec_key, get_public_key, use: {slot.name} {curve!r}".split("(")[0]):
        key = session.generate_ec_key(slot, curve)
        same(key, session.get_public_key(slot))
        USES[slot](key)
        session.verify_admin(ADMIN)
numbers = rsa.generate_private_key(65537, 2048)
for slot, key, name in [
        (SIG, numbers, "RSA2048"), (DEC, numbers, "RSA2048"), (AUT, numbers, "RSA2048"),
        (SIG, ec.generate_private_key(ec.SECP256R1()), "SECP256R1"),
        (DEC, ec.generate_private_key(ec.SECP256R1()), "SECP256R1"),
        (AUT, ed25519.Ed25519PrivateKey.generate(), "Ed25519"),
        (DEC, x25519.X25519PrivateKey.generate(), "X25519")]:
    with operation(f"put_key, use: {slot.name} {name}"):
        session.put_key(slot, key)
        same(key.public_key(), session.get_public_key(slot))
        USES[slot](key.public_key())
        session.verify_admin(ADMIN)
with operation("get_algorithm_attributes, set_algorithm_attributes"):
    session.set_algorithm_attributes(DEC, RsaAttributes.create(RSA_SIZE.RSA3072))
    require(session.get_algorithm_attributes(DEC).n_len == 3072)
with operation("get_key_information"):
    require(session.get_key_information()[SIG] == 2, session.get_key_information())
with operation("set_generation_time, get_generation_times"):
    session.set_generation_time(SIG, 1_700_000_000)
    require(session.get_generation_times()[SIG] == 1_700_000_000)
with operation("set_fingerprint, get_fingerprints"):
    session.set_fingerprint(AUT, bytes(range(20)))
    require(session.get_fingerprints()[AUT] == bytes(range(20)))
with operation("set_uif, get_uif"):
    for policy in (UIF.ON, UIF.CACHED, UIF.OFF):
        session.set_uif(AUT, policy)
        require(session.get_uif(AUT) == policy)
with operation("delete_key"):
    session.delete_key(AUT)
    try:
        session.get_public_key(AUT)
        require(False, "the key is still there")
    except ApduError:
        pass



def issue(key):
    """A certificate that the key signs for itself."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Ada")])
    now = datetime.datetime(2026, 1, 1)
    return (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(1).not_valid_before(now).not_valid_after(now + datetime.timedelta(9999))
        .sign(key, SHA256))


certificate = issue(ec.generate_private_key(ec.SECP256R1()))
for slot in (SIG, DEC, AUT):
    with operation(f"put_certificate, get_certificate, delete_certificate: {slot.name}"):
        session.put_certificate(slot, certificate)
        require(session.get_certificate(slot) == certificate)
        session.delete_certificate(slot)
        try:
            session.get_certificate(slot)
            require(False, "the certificate is still there")
        except ValueError:
            pass


def attested(slot, issuer):
    """The statement on a slot's key, signed by the attestation key in issuer, of this card and key."""
    session.verify_pin(USER)
    statement = session.attest_key(slot)
    statement.verify_directly_issued_by(issuer)
    same(statement.public_key(), session.get_public_key(slot))
    said = {e.oid.dotted_string.rpartition(".")[2]: e.value.value for e in statement.extensions}
    require(said["2"] == b"\x02\x01\x01" and said["3"] == b"\x04\x03\x05\x04\x03", said)
    require(said["4"][2:] == session.get_fingerprints()[slot], said)
    require(session.get_certificate(slot) == statement)


with operation("attest_key"):
    session.generate_rsa_key(SIG, RSA_SIZE.RSA2048)
    session.generate_ec_key(DEC, OID.X25519)
    session.generate_ec_key(AUT, OID.Ed25519)
    for slot in (SIG, DEC, AUT):
        attested(slot, session.get_certificate(ATT))
with operation("put_key: ATT"):
    session.put_key(ATT, numbers)
    same(session.get_public_key(ATT), numbers.public_key())
with operation("put_certificate, get_certificate: ATT"):
    certificate = issue(numbers)
    session.put_certificate(ATT, certificate)
    require(session.get_certificate(ATT) == certificate)
    attested(SIG, certificate)
with operation("attest_key, an imported key"):
    session.put_key(SIG, numbers)
    session.verify_pin(USER)
    try:
        session.attest_key(SIG)
        require(False, "it was attested")
    except ApduError as error:
        require(error.sw == 0x6985, hex(error.sw))
with operation("set_kdf, get_kdf"):
    kdf = KdfIterSaltedS2k.create()
    session.verify_admin(ADMIN)
    session.set_kdf(kdf)
    require(session.get_kdf() == kdf)
    session.verify_pin(USER)
    session.verify_admin(ADMIN)
    session.change_pin(USER, "1234567")
    session.change_pin("1234567", USER)
with operation("set_kdf, none"):
    session.verify_admin(ADMIN)
    session.set_kdf(KdfNone())
    session.verify_pin(USER)
    session.verify_admin(ADMIN)
with operation("reset"):
    session.reset()
    session.verify_admin(ADMIN)
    require(session.get_signature_counter() == 0)
