"""PyPI's jcecard in vpcd."""

import logging
import pathlib
import sys

from jcecard.main import OpenPGPCard

from vpcd import serve

logging.disable(logging.CRITICAL)
card = OpenPGPCard(storage_path=pathlib.Path(sys.argv[3]))


def power(on):
    card.power_on() if on else card.power_off()


serve(card.get_atr, power, card.process_apdu)
