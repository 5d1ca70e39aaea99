"""What grows with what: dongles of a volume, keyslots, files, entries, readers; a line each, and its
slope."""

from measure import Failed, interleaved, slope
from place import PIN, Place
from reader import Readers


def line(what, unit, points, note=""):
    step, start = slope(points)
    return {"of": what, "unit": unit, "points": points, "each": step, "at none": start, "note": note}


def opened(place, card, folder, rounds):
    """APDUs and milliseconds for one card to open one volume, as the initramfs does."""
    with Readers([place.folder / card], place.programs.virtual_card) as readers:
        def unlock():
            return place.run(
                place.programs.unlock, "--run", place.folder / "run", "--pin-fd", "0", folder,
                stdin=(PIN + "\n").encode(), env=readers.environment)
        series = interleaved({"": unlock}, rounds)[""]
        readers.forget()
        unlock()
        return readers.exchange().row["apdus"], series.row()["median"] * 1000


def dongles(programs, counts, rounds):
    """Dongles of one volume: sizes on disk, and what the last of them costs at the opening."""
    lines = {unit: [] for unit in (
        "bytes of key.pgp", "bytes of the record", "APDUs to open", "ms to open")}
    refused = ""
    with Place(programs, "nitrokey-3") as place:
        cards = [f"{index}.card" for index in range(max(counts))]
        for index, card in enumerate(cards):
            place.create(card, f"{0xA00 + index:08X}")
            place.provision(cards=(card,), export=f"{index}.asc")
        place.small_boot()
        for count in counts:
            name = f"disk{count}.img"
            place.image(name)
            before = set((place.folder / "system/etc/latchkey").glob("*-*"))
            try:
                place.enroll(name, cards[:count])
            except Failed as failure:
                refused = f"{count} are refused: {failure.args[0].splitlines()[-1].strip()}"
                break
            folder = (set((place.folder / "system/etc/latchkey").glob("*-*")) - before).pop()
            values = [(folder / "key.pgp").stat().st_size, (folder / "record").stat().st_size,
                      *opened(place, cards[count - 1], folder, rounds)]
            for points, value in zip(lines.values(), values):
                points.append((count, value))
    return [line("dongles of a volume", unit, points, refused) for unit, points in lines.items()]


def keyslots(programs, counts, rounds):
    """Keyslots of a volume beside ours, which is the second."""
    seconds, apdus = [], []
    with Place(programs, "nitrokey-3") as place:
        place.provision()
        place.small_boot()
        place.image()
        place.enroll()
        used = 2
        for count in counts:
            while used < count:
                place.write("another", f"passphrase {used}")
                place.run("cryptsetup", "luksAddKey", "-q", "--pbkdf", "pbkdf2",
                          "--pbkdf-force-iterations", "1000", "--key-file", "-", "disk.img",
                          "another", stdin=b"the old passphrase")
                used += 1
            exchange, milliseconds = opened(place, "dongle.card", place.record, rounds)
            apdus.append((count, exchange))
            seconds.append((count, milliseconds))
    return [line("keyslots of a volume", "APDUs to open", apdus),
            line("keyslots of a volume", "ms to open", seconds)]


def files(programs, counts, rounds):
    """Small files on /boot: what verifying and signing them takes."""
    with Place(programs, "nitrokey-3") as place:
        place.provision()
        jobs = {"verify": place.verify, "sign": place.sign}
        points = {f"{unit} for latchkey {job}": [] for job in jobs for unit in ("ms", "bytes of memory")}
        for count in counts:
            place.run("rm", "-rf", "BOOT")
            for index in range(count):
                place.write(f"BOOT/{index // 500}/{index}", f"{index}\n")
            place.sign()
            for job, series in interleaved(jobs, rounds).items():
                milliseconds = series.row()["median"] * 1000
                points[f"ms for latchkey {job}"].append((count, milliseconds))
                points[f"bytes of memory for latchkey {job}"].append(
                    (count, max(series.values("memory"))))
    return [line("files on /boot", unit, values) for unit, values in points.items()]


def entries(programs, counts, rounds):
    """Boot entries in a grub.cfg."""
    seconds = []
    with Place(programs, "nitrokey-3") as place:
        place.small_boot()
        for count in counts:
            place.write("BOOT/grub/grub.cfg", "".join(
                f"menuentry 'Entry {index}' {{\nlinux /vmlinuz-6.1 root=/dev/sda{index} ro quiet\n"
                "initrd /initrd.img-6.1\n}\n" for index in range(count)))

            def run():
                return place.latchkey("entries", "list", "--lines", "--boot", "BOOT", cards=())
            assert len(run().text.splitlines()) == count
            seconds.append((count, interleaved({"": run}, rounds)[""].row()["median"] * 1000))
    return [line("boot entries", "ms for latchkey entries list", seconds)]


def readers(programs, counts, rounds):
    """Readers with a dongle each, up to all that pcscd has room for."""
    seconds, apdus = [], []
    with Place(programs, "nitrokey-3") as place:
        cards = []
        for index in range(max(counts)):
            place.create(f"{index}.card", f"{0xA00 + index:08X}")
            cards.append(place.folder / f"{index}.card")
        for count in counts:
            with Readers(cards[:count], programs.virtual_card) as place.readers:
                def run():
                    return place.latchkey("card", "list")
                series = interleaved({"": run}, rounds)[""]
                place.readers.forget()
                run()
                apdus.append((count, sum(place.readers.exchange(index).row["apdus"]
                                         for index in range(count))))
                seconds.append((count, series.row()["median"] * 1000))
            place.readers = None
    return [line("readers with a dongle", "APDUs for latchkey card list", apdus),
            line("readers with a dongle", "ms for latchkey card list", seconds)]


def measure(programs, rounds, quick):
    return (dongles(programs, [1, 2, 4] if quick else [1, 2, 4, 8, 12, 16], rounds)
            + keyslots(programs, [2, 8] if quick else [2, 4, 8, 16, 31], rounds)
            + files(programs, [100, 1000] if quick else [10, 100, 1000, 10_000], rounds)
            + entries(programs, [10, 100] if quick else [1, 10, 100, 1000], rounds)
            + readers(programs, [1, 4] if quick else [1, 2, 4, 8, 16], rounds))
