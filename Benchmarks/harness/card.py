"""At the card: what each client sends for a job, and how long it takes, on the same virtual card behind
the same pcscd."""

import shutil

from measure import Failed, interleaved, ratio
from place import Place
from reader import Readers
from stopwatch import Stopwatch

PROFILE = "yubikey-5"
# The models of cards/ that people carry; without the Nitrokey Start, which is a Gnuk that wants longer PINs.
MODELS = ("yubikey-5", "yubikey-4", "nitrokey-3", "nitrokey-pro", "nitrokey-storage", "librem-key", "gnuk",
          "canokey", "ledger", "smartpgp", "zeitcontrol-3.4", "zeitcontrol-3.3", "zeitcontrol-2.1")
COLD = "gpg, cold"
WARM = "gpg, warm"


def before(place, name):
    """gpg's agent and scdaemon hold the reader, and are what makes gpg warm."""
    if name != WARM:
        place.end_gpg()
    else:
        place.gpg("--card-status")


def jobs(place):
    """Each job's clients; the first is ours, where we have one."""
    gpg_sign = ("--detach-sign", "-o", "/dev/null", "pin")
    gpg_decrypt = ("-o", "/dev/null", "--decrypt", "key.pgp")

    def both(run):
        return {COLD: run, WARM: run}

    def client(name, operation):
        return lambda: place.client(name, operation)
    return {
        "status": {
            "latchkey card show": lambda: place.latchkey("card", "show"),
            **both(lambda: place.gpg("--card-status")),
            "ykman openpgp info": client("ykman", "status"),
            "PySequoia": client("sequoia", "status"),
            "johnnycanencrypt": client("johnnycanencrypt", "status"),
        },
        "sign": {
            "latchkey sign": place.sign,
            **both(lambda: place.gpg(*gpg_sign)),
            "PySequoia": client("sequoia", "sign"),
            "johnnycanencrypt": client("johnnycanencrypt", "sign"),
        },
        "unlock": {
            "latchkey unlock": place.unlock,
            "latchkey-unlock": place.initramfs_unlock,
            **both(lambda: place.gpg(*gpg_decrypt)),
            "PySequoia": client("sequoia", "decrypt"),
            "johnnycanencrypt": client("johnnycanencrypt", "decrypt"),
        },
        "verify the PIN": {
            **both(place.gpg_check_pin),
            "johnnycanencrypt": client("johnnycanencrypt", "verify-pin"),
        },
    }


def set_up(programs, profile, options=()):
    """A provisioned dongle in a reader, a volume that it opens, and gpg with the same keys."""
    place = Place(programs, profile)
    try:
        place.provision()
        place.small_boot()
        place.image()
        place.enroll()
        place.sign()
        shutil.copy(place.record / "key.pgp", place.folder / "key.pgp")
        place.readers = Readers([place.folder / "dongle.card"], programs.virtual_card, options)
        place.stopwatch = Stopwatch(place.folder)
        place.gpg_home()
    except Failed:
        place.close()
        raise
    return place


def measured(place, run):
    """The run, with what of its time is the card's."""
    place.readers.forget()
    place.stopwatch.reset()
    result = run()
    result.exchange = place.readers.exchange().row
    result.card = place.stopwatch.seconds
    result.beyond = result.wall - result.card
    return result


def timed(place, name, run):
    """A function that measures the run, with what must go before it outside of what is measured."""
    def both():
        before(place, name)
        return measured(place, run)
    return both


def generation(programs, profile, options=()):
    """Three keys on a new card, with a certificate: a new place each time."""
    def ours(place):
        return measured(place, place.provision)

    def gpg(place):
        # The factory's PINs.
        place.gpg_home("123456", "12345678")
        place.gpg("--card-status")
        place.end_gpg()
        return measured(place, lambda: place.gpg_editor(
            "admin", "generate", "n", "0", "Ada Lovelace", "ada@example.org", "", "quit"))

    def fresh(job):
        def run():
            with Place(programs, profile) as place:
                place.readers = Readers([place.folder / "dongle.card"], programs.virtual_card, options)
                place.stopwatch = Stopwatch(place.folder)
                return job(place)
        return run
    return {"latchkey provision": fresh(ours), COLD: fresh(gpg)}


def rows(works, rounds, warmups=1):
    """A row each, counted and timed; what fails says so, and is left out of the rounds."""
    result, working = {}, {}
    for name, run in works.items():
        try:
            result[name] = dict(run().exchange)
            working[name] = run
        except Failed as failure:
            result[name] = {"failed": str(failure).splitlines()[-1][:120]}
    series = interleaved(working, rounds, warmups)
    ours = next(iter(series.values()))
    for name, runs in series.items():
        result[name].update(runs.summary())
        result[name]["ratio"] = ratio(ours, runs)
        result[name]["beyond"] = runs.row("beyond")
        if COLD in series:
            result[name]["of cold gpg's, beyond"] = ratio(runs, series[COLD], "beyond")
    return result


def models(programs, profiles):
    """What the other models are sent, for signing and for the key: counts alone, which are exact."""
    result = {}
    for profile in profiles:
        row = {}
        try:
            with set_up(programs, profile) as place:
                for job, clients in jobs(place).items():
                    for name in ("latchkey sign", "latchkey-unlock", COLD):
                        if job in ("sign", "unlock") and name in clients:
                            row[f"{job}: {name}"] = timed(place, name, clients[name])().exchange["apdus"]
        except Failed as failure:
            row["failed"] = str(failure).splitlines()[-1][:120]
        result[profile] = row
    return result


def measure(programs, rounds, profiles=MODELS):
    """The jobs, counted and timed; once more with the model's own times; and the other models' counts."""
    generate = "generate three keys"
    result = {"profile": PROFILE, "jobs": {}}
    with set_up(programs, PROFILE) as place:
        for job, clients in jobs(place).items():
            works = {name: timed(place, name, run) for name, run in clients.items()}
            result["jobs"][job] = rows(works, rounds)
    result["jobs"][generate] = rows(generation(programs, PROFILE), max(2, rounds // 2), warmups=0)
    slow = ("--response-times",)
    with set_up(programs, PROFILE, slow) as place:
        works = {job: {name: timed(place, name, run) for name, run in clients.items()}
                 for job, clients in jobs(place).items()}
        works[generate] = generation(programs, PROFILE, slow)
        for job, clients in works.items():
            clients = {name: run for name, run in clients.items()
                       if "failed" not in result["jobs"][job][name]}
            for name, runs in interleaved(clients, max(2, rounds // 3), warmups=0).items():
                result["jobs"][job][name]["as slow as the model"] = runs.row()
    result["models"] = models(programs, profiles)
    return result
