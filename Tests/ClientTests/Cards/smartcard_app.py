"""PyPI's smartcard-app-openpgp in vpcd."""

import os
import sys
import time

import ZODB.DB
import ZODB.FileStorage
from smartcard import MASTER_FILE_IDENTIFIER, Card
from smartcard.app.openpgp import OpenPGP
from smartcard.utils import transaction_manager

from vpcd import serve


class PatientOpenPGP(OpenPGP):
    """It makes keys ahead of time, and answers 6F00 while none is ready; its own tests wait too."""

    def generateAsymmetricKeyPair(self, *arguments, **named):
        for _ in range(600):
            try:
                return super().generateAsymmetricKeyPair(*arguments, **named)
            except ValueError as error:
                if "not ready" not in str(error):
                    raise
            time.sleep(0.05)
        raise ValueError("no key in 30 seconds")


store = ZODB.DB(storage=ZODB.FileStorage.FileStorage(os.path.join(sys.argv[3], "card")))
root = store.open(transaction_manager=transaction_manager).root
with transaction_manager:
    card = root.card = Card(name=b"py-openpgp")
    application = PatientOpenPGP(identifier=b"\x12\x34")
    application.activateSelf()
    card.createFile(card.traverse((MASTER_FILE_IDENTIFIER,)), application)
with transaction_manager:
    card.setupVolatileSurvivors()
    card.traverse((MASTER_FILE_IDENTIFIER, b"\x12\x34"))


def power(on):
    if on:
        with transaction_manager:
            card.clearVolatile()


def run(apdu):
    # It maps a structure onto the command, which must be writable for that.
    return bytes(card.runAPDU(bytearray(apdu)))


serve(card.getATR, power, run)
