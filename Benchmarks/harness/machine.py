"""The machine, and the versions of what runs on it."""

import os
import platform
import re
import subprocess

from place import TOP


def first(command, pattern=r"\d+\.\d[\w.+~-]*"):
    try:
        said = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    except OSError:
        return "absent"
    found = re.search(pattern, said)
    return found.group(0) if found else "?"


def package(name):
    return first(["dpkg-query", "-W", "-f", "${Version}", name], r"\S+")


def describe(programs):
    info = open("/proc/cpuinfo", encoding="utf-8").read()
    flags = re.search(r"^flags\s*:(.*)$", info, re.M)
    model = re.search(r"^model name\s*:\s*(.*)$", info, re.M)
    memory = re.search(r"MemTotal:\s*(\d+)", open("/proc/meminfo", encoding="utf-8").read())
    system = open("/etc/os-release", encoding="utf-8").read()
    pins = re.findall(r"([\w-]+)==([\w.]+)", (TOP / "scripts/python-clients").read_text())
    interesting = {"sha_ni", "avx2", "avx512f", "aes", "hypervisor"}
    return {
        "cpu": model.group(1) if model else platform.machine(),
        "cores": os.cpu_count(),
        "flags": sorted(interesting & set(flags.group(1).split())) if flags else [],
        "memory": int(memory.group(1)) * 1024,
        "kernel": platform.release(),
        "system": re.search(r'PRETTY_NAME="(.*)"', system).group(1),
        "load at the start": os.getloadavg()[0],
        "versions": {
            "latchkey": first([str(programs.latchkey), "--version"]),
            "swift": first(["swift", "--version"], r"(?<=Swift version )\S+"),
            "gpg": package("gpg"), "scdaemon": package("scdaemon"), "openssl": package("openssl"),
            "coreutils": package("coreutils"), "pcscd": package("pcscd"),
            "vsmartcard-vpcd": package("vsmartcard-vpcd"), "b3sum": package("b3sum"),
            **{name: version for name, version in pins
               if name in ("yubikey-manager", "pysequoia", "johnnycanencrypt")},
        },
    }
