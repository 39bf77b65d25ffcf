"""Splits and combines secrets with PyCryptodome. Reads one JSON request from standard input, writes one answer."""
import json
import sys

from Cryptodome.Protocol.SecretSharing import Shamir

HALF = 16  # PyCryptodome shares 16 bytes at a time.


def split(threshold, shares, secret):
    halves = [Shamir.split(threshold, shares, secret[at:at + HALF], ssss=False) for at in (0, HALF)]
    return [(first + second).hex() for (_, first), (_, second) in zip(*halves)]


def combine(shares):
    halves = [[(index, bytes.fromhex(share)[at:at + HALF]) for index, share in shares] for at in (0, HALF)]
    return b"".join(Shamir.combine(half, ssss=False) for half in halves).hex()


request = json.load(sys.stdin)
json.dump(
    {
        "shares": split(request["threshold"], request["count"], bytes.fromhex(request["secret"])),
        "combined": combine(request["shares"]),
    },
    sys.stdout,
)
