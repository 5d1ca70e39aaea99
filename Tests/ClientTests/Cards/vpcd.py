"""Puts a card written in Python into vpcd: frames of a 2-byte length, and one-byte controls."""

import socket
import struct
import sys


def receive(reader, size):
    data = b""
    while len(data) < size:
        # Without it each command waits for the other side's delayed acknowledgement.
        reader.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
        part = reader.recv(size - len(data))
        if not part:
            raise EOFError
        data += part
    return data


def serve(answer_to_reset, power, process):
    """Serves a card until the reader is gone; the program's arguments are PORT TRACE FOLDER.

    `power(on)` hears of power and reset, `process(apdu)` gives the answer to a command. The trace has
    a line a command, as `virtual-card run --trace` writes it.
    """
    with socket.create_connection(("127.0.0.1", int(sys.argv[1]))) as reader, \
            open(sys.argv[2], "a", buffering=1) as trace:
        reader.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

        def send(data):
            reader.sendall(struct.pack(">H", len(data)) + data)

        try:
            while True:
                (size,) = struct.unpack(">H", receive(reader, 2))
                frame = receive(reader, size)
                if frame == b"\x00":
                    power(False)
                    trace.write("# power off\n")
                elif frame == b"\x01":
                    power(True)
                    trace.write("# power on\n")
                elif frame == b"\x02":
                    power(False)
                    power(True)
                elif frame == b"\x04":
                    send(answer_to_reset())
                else:
                    answer = process(frame)
                    header, status = frame[:4].hex(" ").upper(), answer[-2:].hex().upper()
                    trace.write(f"{header}  -> {status}  {len(answer) - 2} bytes\n")
                    send(answer)
        except EOFError:
            pass
