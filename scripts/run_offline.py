"""Run the tests without a network: in a namespace that has only the loopback device.

    python3 scripts/run_offline.py [arguments for pytest]

What is needed is installed before the network is cut; some tests mount a small disk, which the namespace
allows. Linux only: it takes ``unshare`` of util-linux,
but no rights beyond those of a user who may make user namespaces.
"""

import fcntl
import os
import shutil
import socket
import struct
import sys

from environment import ROOT, python_of

_SET_FLAGS, _UP_AND_RUNNING = 0x8914, 0x1 | 0x40  # SIOCSIFFLAGS, IFF_UP | IFF_RUNNING
_INSIDE = "--inside"


def main() -> None:
    """Set up, cut the network, and become pytest."""
    arguments = sys.argv[1:]
    if arguments[:1] == [_INSIDE]:
        raise_loopback()
        refuse_a_network()
        os.chdir(ROOT)
        os.execv(sys.executable, [sys.executable, "-m", "pytest", *arguments[1:]])
    unshare = shutil.which("unshare")
    if unshare is None:
        sys.exit("unshare is missing; it comes with util-linux")
    command = [str(python_of("dev")), __file__, _INSIDE, *arguments]
    os.execv(unshare, [unshare, "--map-root-user", "--net", "--mount", *command])


def raise_loopback() -> None:
    """Switch the loopback device on, for the tests that talk to a server of their own."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as handle:
        fcntl.ioctl(handle, _SET_FLAGS, struct.pack("16sh", b"lo", _UP_AND_RUNNING))


def refuse_a_network() -> None:
    """End if there is another device than the loopback: the run would prove nothing."""
    devices = [name for _, name in socket.if_nameindex()]
    if devices != ["lo"]:
        sys.exit(f"the network is not cut: {', '.join(devices)}")


if __name__ == "__main__":
    main()
