"""At the card: what each client sends for a job, and how long it takes, on the same virtual card behind
the same pcscd."""

import shutil

from measure import Failed, interleaved, ratio
from place import Place
from reader import Readers

# What a job is, and who does it: each with a function of a Place, and one that goes before it.
COLD = "gpg, cold"
WARM = "gpg, warm"


def before(place, name):
    """gpg's agent and scdaemon hold the reader, and are what makes gpg warm."""
    if name != WARM:
        place.end_gpg()
    else:
        place.gpg("--card-status")


def jobs(place):
    """Each job's clients; the first is ours."""
    gpg_sign = ("--detach-sign", "-o", "/dev/null", "pin")
    gpg_decrypt = ("-o", "/dev/null", "--decrypt", "key.pgp")
    both = lambda *arguments: {
        COLD: lambda: place.gpg(*arguments), WARM: lambda: place.gpg(*arguments)}
    return {
        "status": {
            "latchkey card show": lambda: place.latchkey("card", "show"), **both("--card-status"),
            "ykman openpgp info": lambda: place.client("ykman", "status"),
            "PySequoia": lambda: place.client("sequoia", "status"),
            "johnnycanencrypt": lambda: place.client("johnnycanencrypt", "status"),
        },
        "sign": {
            "latchkey sign": place.sign, **both(*gpg_sign),
            "PySequoia": lambda: place.client("sequoia", "sign"),
            "johnnycanencrypt": lambda: place.client("johnnycanencrypt", "sign"),
        },
        "unlock": {
            "latchkey unlock": place.unlock,
            "latchkey-unlock": place.initramfs_unlock, **both(*gpg_decrypt),
            "PySequoia": lambda: place.client("sequoia", "decrypt"),
        },
        "verify the PIN": {
            COLD: lambda: check_pin(place), WARM: lambda: check_pin(place),
            "johnnycanencrypt": lambda: place.client("johnnycanencrypt", "verify-pin"),
        },
    }


def set_up(programs, profile, options=()):
    """A provisioned dongle in a reader, a volume that it opens, and gpg with the same keys."""
    place = Place(programs, profile)
    place.provision()
    place.small_boot()
    place.image()
    place.enroll()
    place.sign()
    shutil.copy(place.record / "key.pgp", place.folder / "key.pgp")
    place.readers = Readers([place.folder / "dongle.card"], programs.virtual_card, options)
    place.gpg_home()
    return place


def exchange(place, name, run):
    """What one run sends."""
    before(place, name)
    place.readers.forget()
    run()
    return place.readers.exchange().row


def generate(programs, profile):
    """Three keys on a new card, with a certificate."""
    rows = {}
    for name in ("latchkey provision", "gpg --edit-card generate"):
        with Place(programs, profile) as place:
            place.readers = Readers([place.folder / "dongle.card"], programs.virtual_card)
            if name.startswith("latchkey"):
                place.provision()
            else:
                # The factory's PINs.
                place.gpg_home("123456", "12345678")
                place.gpg("--card-status")
                place.readers.forget()
                place.gpg_editor("admin", "generate", "n", "0", "Ada Lovelace",
                                 "ada@example.org", "", "quit")
            rows[name] = place.readers.exchange().row
    return rows


def measure(programs, rounds, profile="yubikey-5"):
    """The jobs, counted and timed; and once more with the model's own times."""
    result = {"profile": profile, "jobs": {}}
    with set_up(programs, profile) as place:
        for job, clients in jobs(place).items():
            rows, works = {}, {}
            for name, run in clients.items():
                try:
                    rows[name] = exchange(place, name, run)
                except Failed as failure:
                    rows[name] = {"failed": str(failure).splitlines()[-1][:120]}
                    continue
                works[name] = timed(place, name, run)
            series = interleaved(works, rounds)
            ours = next(iter(series.values()))
            for name, runs in series.items():
                rows[name].update(runs.summary())
                rows[name]["ratio"] = ratio(ours, runs)
            result["jobs"][job] = rows
    result["jobs"]["generate three keys"] = generate(programs, profile)
    with set_up(programs, profile, ("--response-times",)) as place:
        for job in ("status", "sign", "unlock"):
            clients = jobs(place)[job]
            works = {name: timed(place, name, run) for name, run in clients.items()
                     if "failed" not in result["jobs"][job][name]}
            for name, runs in interleaved(works, max(2, rounds // 2), warmups=0).items():
                result["jobs"][job][name]["as slow as the model"] = runs.row()
    return result


def check_pin(place):
    serial = "D2760001240103040006" + "01020304" + "0000"
    return place.run("gpg-connect-agent", "--homedir", place.folder / "gnupg",
                     "scd serialno openpgp", f"scd checkpin {serial}", "/bye")


def timed(place, name, run):
    """The run, with what must go before it outside of what is measured."""
    def both():
        before(place, name)
        return run()
    return both
