"""pyscard: the whole command set of the card as raw APDUs, short and extended, and its events."""

import smartcard
from smartcard.CardConnection import CardConnection
from smartcard.CardMonitoring import CardMonitor, CardObserver
from smartcard.CardRequest import CardRequest
from smartcard.CardType import AnyCardType, ATRCardType
from smartcard.ExclusiveConnectCardConnection import ExclusiveConnectCardConnection
from smartcard.ExclusiveTransmitCardConnection import ExclusiveTransmitCardConnection
from smartcard.ReaderMonitoring import ReaderMonitor, ReaderObserver
from smartcard.System import readers
from smartcard.util import toBytes, toHexString

from operations import ADMIN, USER, operation, require

SELECT = toBytes("00 A4 04 00 06 D2 76 00 01 24 01")


def transmit(connection, text):
    data, one, two = connection.transmit(toBytes(text))
    while one == 0x61:
        more, one, two = connection.transmit([0x00, 0xC0, 0x00, 0x00, two])
        data += more
    return bytes(data), one << 8 | two


def expect(text, status=0x9000):
    data, got = transmit(card, text)
    require(got == status, f"{got:04X}")
    return data


def verify(kind, pin, status=0x9000):
    pin = pin.encode()
    expect(f"00 20 00 {kind} {len(pin):02X} {pin.hex()}", status)


with operation("readers"):
    require([str(reader) for reader in readers()][0] == "Virtual Reader 0 00 00", readers())
reader = readers()[0]
with operation("getATR, ATRCardType"):
    card = reader.createConnection()
    card.connect()
    require(len(card.getATR()) > 4)
    ATR = card.getATR()
    card.disconnect()
    CardRequest(timeout=300, cardType=ATRCardType(ATR)).waitforcard().connection.connect()
with operation("CardRequest, AnyCardType"):
    service = CardRequest(timeout=300, cardType=AnyCardType()).waitforcard()
    service.connection.connect()
    require(service.connection.transmit(SELECT)[1] == 0x90)
    service.connection.disconnect()
for protocol, name in [(CardConnection.T1_protocol, "T=1"), (None, "any")]:
    with operation(f"connect, protocol {name}"):
        card = reader.createConnection()
        card.connect(protocol)
        require(card.transmit(SELECT)[1] == 0x90)
        card.disconnect()
with operation("ExclusiveConnectCardConnection"):
    card = ExclusiveConnectCardConnection(reader.createConnection())
    card.connect()
    require(card.transmit(SELECT)[1] == 0x90)
    card.disconnect()
with operation("ExclusiveTransmitCardConnection"):
    card = ExclusiveTransmitCardConnection(reader.createConnection())
    card.connect()
    card.lock()
    require(card.transmit(SELECT)[1] == 0x90)
    card.unlock()
    card.disconnect()

card = reader.createConnection()
card.connect()
with operation("SELECT"):
    expect(toHexString(SELECT))
with operation("SELECT of another application"):
    expect("00 A4 04 00 05 A0 00 00 03 08", 0x6A82)
    expect(toHexString(SELECT))
for tag in ("00 4F", "5F 50", "5F 52", "7F 66", "00 C4", "00 5E", "00 65", "00 6E", "00 7A",
            "00 C1", "00 C2", "00 C3", "00 F9", "00 FA", "7F 74"):
    with operation(f"GET DATA {tag.replace(' ', '')}"):
        expect(f"00 CA {tag} 00")
with operation("GET DATA, extended length"):
    whole = expect("00 CA 00 6E 00 00 00")
    require(whole == expect("00 CA 00 6E 00"))
with operation("GET RESPONSE"):
    require(len(expect("00 CA 00 FA 00")) == len(expect("00 CA 00 FA 00 00 00")))
with operation("GET CHALLENGE"):
    require(len(expect("00 84 00 00 20")) == 32)
with operation("VERIFY, wrong and right"):
    verify("81", "999999", 0x6982)
    verify("81", USER)
    verify("82", USER)
    verify("83", ADMIN)
with operation("PUT DATA"):
    expect("00 DA 00 5E 03 41 64 61")
    require(expect("00 CA 00 5E 00") == b"Ada")
with operation("PUT DATA, chained"):
    expect("10 DA 5F 50 04 68 74 74 70")
    expect("00 DA 5F 50 05 73 3A 2F 2F 61")
    require(expect("00 CA 5F 50 00") == b"https://a")
with operation("PUT DATA, extended length"):
    expect("00 DA 5F 50 00 00 01 62")
    require(expect("00 CA 5F 50 00") == b"b")
with operation("SELECT DATA, GET NEXT DATA"):
    for number in range(3):
        expect(f"00 A5 0{number} 04 06 60 04 5C 02 7F 21")
        expect(f"00 DA 7F 21 01 0{number}")
    require(expect("00 CA 7F 21 00") == b"\x02", "the third certificate")
    expect("00 A5 00 04 06 60 04 5C 02 7F 21")
    first = expect("00 CA 7F 21 00") + expect("00 CC 7F 21 00") + expect("00 CC 7F 21 00")
    require(first == b"\x00\x01\x02", first)
with operation("CHANGE REFERENCE DATA"):
    expect("00 24 00 81 0D" + USER.encode().hex() + "31323334353637")
    expect("00 24 00 81 0D 31323334353637" + USER.encode().hex())
with operation("RESET RETRY COUNTER"):
    verify("83", ADMIN)
    expect("00 DA 00 D3 08 3837363534333231")
    expect("00 2C 02 81 06" + USER.encode().hex())
    expect("00 2C 00 81 0E 3837363534333231" + USER.encode().hex())
with operation("GENERATE"):
    expect("00 DA 00 C1 0A 16 2B 06 01 04 01 DA 47 0F 01")
    made = expect("00 47 80 00 02 B6 00 00")
    require(made == expect("00 47 81 00 02 B6 00 00") and made[:2] == b"\x7F\x49")
with operation("PSO: COMPUTE DIGITAL SIGNATURE"):
    verify("81", USER)
    require(len(expect("00 2A 9E 9A 20" + "11" * 32 + "00")) == 64)
with operation("GENERATE, authentication"):
    verify("83", ADMIN)
    expect("00 DA 00 C3 09 13 2A 86 48 CE 3D 03 01 07")
    expect("00 47 80 00 02 A4 00 00")
with operation("INTERNAL AUTHENTICATE"):
    verify("82", USER)
    require(len(expect("00 88 00 00 20" + "22" * 32 + "00")) == 64)
with operation("GENERATE, decryption, chained answer"):
    verify("83", ADMIN)
    expect("00 47 80 00 02 B8 00 00")
    require(len(expect("00 47 81 00 02 B8 00 00")) == 270)
with operation("PSO: DECIPHER, chained command"):
    answer = expect("00 47 81 00 02 B8 00 00")
    modulus = int.from_bytes(answer[answer.index(b"\x81\x82\x01\x00") + 4:][:256], "big")
    block = b"\x00\x02" + b"\x01" * (256 - 3 - 5) + b"\x00" + b"Ada!!"
    cryptogram = b"\x00" + pow(int.from_bytes(block, "big"), 65537, modulus).to_bytes(256, "big")
    verify("82", USER)
    expect("10 2A 80 86 C8" + cryptogram[:200].hex())
    require(expect("00 2A 80 86 39" + cryptogram[200:].hex() + "00") == b"Ada!!")
with operation("an unknown instruction"):
    expect("00 EE 00 00", 0x6D00)
with operation("an unknown class"):
    expect("A0 CA 00 6E 00", 0x6E00)
with operation("reconnect, reset"):
    card.reconnect(disposition=smartcard.scard.SCARD_RESET_CARD)
    expect(toHexString(SELECT))
    expect("00 DA 00 5E 01 41", 0x6982)
with operation("TERMINATE DF, ACTIVATE FILE"):
    verify("83", ADMIN)
    expect("00 E6 00 00")
    expect("00 44 00 00")
    expect(toHexString(SELECT))
    require(expect("00 CA 00 5E 00") == b"")
card.disconnect()


class Cards(CardObserver):
    seen = []

    def update(self, observable, handlers):
        Cards.seen += handlers[0]


class Readers(ReaderObserver):
    seen = []

    def update(self, observable, handlers):
        Readers.seen += handlers[0]


def observes(monitor, observer):
    monitor.addObserver(observer)
    for _ in range(50):
        if observer.seen:
            break
        import time
        time.sleep(0.1)
    monitor.deleteObserver(observer)
    require(observer.seen)


with operation("CardMonitor"):
    observes(CardMonitor(), Cards())
with operation("ReaderMonitor"):
    observes(ReaderMonitor(), Readers())
