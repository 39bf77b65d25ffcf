"""Verifies an OpenSSF Model Signing bundle (method key) over a folder. Arguments: folder, bundle, public key."""
import base64
import hashlib
import json
import pathlib
import sys

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key

folder, bundle_path, key_path = map(pathlib.Path, sys.argv[1:])
bundle = json.loads(bundle_path.read_bytes())
key = load_pem_public_key(key_path.read_bytes())
envelope = bundle["dsseEnvelope"]
payload = base64.b64decode(envelope["payload"], validate=True)
kind = envelope["payloadType"].encode()

# DSSE: what is signed is the type and the body, each with its length before it.
signed = b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)
key.verify(base64.b64decode(envelope["signatures"][0]["sig"]), signed, ec.ECDSA(hashes.SHA256()))

pem = key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
assert bundle["verificationMaterial"]["publicKey"]["hint"] == hashlib.sha256(pem).hexdigest(), "hint"

statement = json.loads(payload)
predicate = statement["predicate"]
assert statement["predicateType"] == "https://model_signing/signature/v1.0", "predicate type"
ignored = set(predicate["serialization"]["ignore_paths"])
found = {
    path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
    for path in folder.rglob("*")
    if path.is_file() and path.relative_to(folder).as_posix() not in ignored
}
assert found == {one["name"]: one["digest"] for one in predicate["resources"]}, "files"
names = [one["name"] for one in predicate["resources"]]
assert names == sorted(names), "order"
root = hashlib.sha256(b"".join(bytes.fromhex(one["digest"]) for one in predicate["resources"])).hexdigest()
assert statement["subject"] == [{"name": folder.name, "digest": {"sha256": root}}], "subject"
print(root)
