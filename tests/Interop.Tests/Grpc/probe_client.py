"""Calls the probe service with Python's gRPC and prints what came back as one JSON document.

Usage: probe_client.py ADDRESS FOLDER, where FOLDER holds root.pem, client.pem and client.key.
There are no generated stubs: the one message, a 64-bit number in field 1, is encoded by hand.
"""

import json
import pathlib
import sys

import grpc

SERVICE = "/digitaltwin.tests.v1.Probe/"
SECONDS = 20

# Field 2, wire type 2, 1000 bytes: long enough that the library compresses it when asked to.
LONG_MESSAGE = b"\x12\xe8\x07" + bytes(1000)


def encode(value):
    """Field 1, wire type 0: the tag 0x08, then seven bits a byte, the lowest first; negative numbers modulo 2^64."""
    value %= 1 << 64
    if value == 0:
        return b""
    encoded = bytearray(b"\x08")
    while value >= 0x80:
        encoded.append(value & 0x7F | 0x80)
        value >>= 7
    encoded.append(value)
    return bytes(encoded)


def decode(message):
    if not message:
        return 0
    assert message[0] == 0x08, message.hex()
    value = sum((byte & 0x7F) << 7 * place for place, byte in enumerate(message[1:]))
    return value - (1 << 64) if value >= 1 << 63 else value


def text(metadata):
    """Metadata as a dictionary, bytes in hexadecimal."""
    return {key: value.hex() if isinstance(value, bytes) else value for key, value in metadata or ()}


def end(call):
    """How a call ended, whether well or not."""
    try:
        value = call()
    except grpc.RpcError as error:
        return {"code": error.code().name, "details": error.details(), "trailers": text(error.trailing_metadata())}
    return {"code": "OK", "value": value}


def main(address, folder):
    credentials = grpc.ssl_channel_credentials(
        root_certificates=(folder / "root.pem").read_bytes(),
        private_key=(folder / "client.key").read_bytes(),
        certificate_chain=(folder / "client.pem").read_bytes(),
    )
    codec = {"request_serializer": encode, "response_deserializer": decode}
    with grpc.secure_channel(address, credentials) as channel:
        echo = channel.unary_unary(SERVICE + "Echo", **codec)
        echo_raw = channel.unary_unary(SERVICE + "Echo")
        count_to = channel.unary_stream(SERVICE + "CountTo", **codec)
        add = channel.stream_unary(SERVICE + "Sum", **codec)
        running_sum = channel.stream_stream(SERVICE + "RunningSum", **codec)

        first = end(lambda: echo(42, timeout=SECONDS))
        if first["code"] != "OK":
            return {"first": first}

        metadata = (("probe-text", "from python"), ("probe-bin", bytes(range(256))))
        value, call = echo.with_call(-(1 << 63), metadata=metadata, timeout=SECONDS)
        return {
            "first": first,
            "unary": value,
            "unary_code": call.code().name,
            "unary_trailers": text(call.trailing_metadata()),
            "server_stream": list(count_to(5, timeout=SECONDS)),
            "client_stream": add(iter([1, 2, 39]), timeout=SECONDS),
            "duplex": list(running_sum(iter([5, -2, 39]), timeout=SECONDS)),
            "refused": end(lambda: echo(-1, timeout=SECONDS)),
            "refused_stream": end(lambda: list(count_to(-1, timeout=SECONDS))),
            "late": end(lambda: echo(-2, timeout=0.5)),
            "compressed": end(lambda: echo_raw(LONG_MESSAGE, timeout=SECONDS, compression=grpc.Compression.Gzip)),
            "uncompressed": end(lambda: len(echo_raw(LONG_MESSAGE, timeout=SECONDS))),
        }


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1], pathlib.Path(sys.argv[2]))))
