"""Simulates a link that delays every packet, including SYN and SYN-ACK, with a TUN device that leads back to this host.

The script returns each packet for the far address after half a round trip, with source and destination swapped. A
connection to FAR:PORT therefore arrives at NEAR:PORT from FAR, and responses take the same path back. Swapping the
addresses does not change the checksums.

Usage: distant-link.py NEAR4 FAR4 NEAR6 FAR6 ROUND_TRIP_MS. The script prints READY. Each line of its standard input sets
the round-trip time of later packets. The script ends at the end of its standard input.
"""

import fcntl
import heapq
import os
import select
import struct
import subprocess
import sys
import time

TUNSETIFF = 0x400454CA
IFF_TUN, IFF_NO_PI = 0x0001, 0x1000

near4, far4, near6, far6 = sys.argv[1:5]
delay = float(sys.argv[5]) / 2000
tun = os.open("/dev/net/tun", os.O_RDWR)
request = fcntl.ioctl(tun, TUNSETIFF, struct.pack("16sH22x", b"distant%d", IFF_TUN | IFF_NO_PI))
name = request[:16].rstrip(b"\0").decode()
for command in (
    ["ip", "address", "add", near4, "peer", far4, "dev", name],
    ["ip", "link", "set", name, "up"],
    ["ip", "address", "add", near6 + "/126", "dev", name, "nodad"],
):
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    if result.returncode != 0 and ":" not in command[3]:  # the host may not support IPv6
        sys.exit(result.stderr)
print("READY", name, flush=True)


def turned(packet):
    """Returns the packet with source and destination swapped; None if it is neither IPv4 nor IPv6."""
    if packet[0] >> 4 == 4:
        return packet[:12] + packet[16:20] + packet[12:16] + packet[20:]
    if packet[0] >> 4 == 6:
        return packet[:8] + packet[24:40] + packet[8:24] + packet[40:]
    return None


waiting = []
count = 0
while True:
    timeout = max(0, waiting[0][0] - time.monotonic()) if waiting else None
    readable, _, _ = select.select([tun, sys.stdin], [], [], timeout)
    if tun in readable:
        back = turned(os.read(tun, 65536))
        if back is not None:
            count += 1
            heapq.heappush(waiting, (time.monotonic() + delay, count, back))
    if sys.stdin in readable:
        line = os.read(0, 4096)
        if line == b"":
            sys.exit()
        delay = float(line.split()[-1]) / 2000
    while waiting and waiting[0][0] <= time.monotonic():
        os.write(tun, heapq.heappop(waiting)[2])
