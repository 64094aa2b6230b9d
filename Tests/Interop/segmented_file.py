"""A second implementation of IOTSEG version 1, written from Docs/Formats/SegmentedFile.md.

Needs PyNaCl. As a program:

    segmented_file.py decrypt FILE (--identity HEX | --passphrase TEXT) [--context TEXT] [--sender HEX]

writes the plaintext to the standard output, or one line with the kind of failure to the standard
error and exit status 1.
"""

import argparse
import struct
import sys

from nacl import bindings as sodium
from nacl.exceptions import CryptoError

MAGIC = b"IOTSEG\0\1"
SEAL_MAGIC = b"IOTSEAL\1"
UNKNOWN = 2**64 - 1
TAG = 16
ZERO12 = bytes(12)


class Refused(Exception):
    """Why a file is not accepted; the first word is the kind."""


def hash32(label, data, key=b""):
    return sodium.crypto_generichash_blake2b_salt_personal(
        data, 32, key=key, salt=bytes(16), person=label.encode().ljust(16, b"\0")
    )


def seal_box(message, ad, nonce, key):
    return sodium.crypto_aead_chacha20poly1305_ietf_encrypt(message, ad, nonce, key)


def open_box(box, ad, nonce, key):
    try:
        return sodium.crypto_aead_chacha20poly1305_ietf_decrypt(box, ad, nonce, key)
    except CryptoError:
        return None


def shared_secret(secret, public):
    try:
        shared = sodium.crypto_scalarmult(secret, public)
    except (CryptoError, RuntimeError):
        return None
    return shared if shared != bytes(32) else None


def x25519_key(shared, share, recipient, file_id):
    return hash32("iotseg1 x25519", share + recipient + file_id, shared)


def passphrase_key(passphrase, salt, passes, kibibytes):
    return sodium.crypto_pwhash_alg(
        32, passphrase, salt, passes, kibibytes * 1024, sodium.crypto_pwhash_ALG_ARGON2ID13
    )


def nonce(index, final):
    return b"\0\0\0" + bytes([1 if final else 0]) + struct.pack("<Q", index)


def leaf(index, final, segment):
    return hash32("iotseg1 leaf", struct.pack("<QB", index, 1 if final else 0) + segment)


def merkle_root(leaves):
    """RFC 9162 section 2.1.1, from its recursive definition."""
    if len(leaves) == 1:
        return leaves[0]
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return hash32("iotseg1 node", merkle_root(leaves[:k]) + merkle_root(leaves[k:]))


def parse_header(data):
    """Returns the header's fields, or raises Refused."""
    if len(data) < 16 or data[:8] != MAGIC:
        raise Refused("header magic")
    e, flags = data[8], data[9]
    h, n, reserved = struct.unpack("<HHH", data[10:16])
    if e not in (12, 14, 16, 17):
        raise Refused("header segment size")
    if flags not in (0, 1, 3):
        raise Refused("header flags")
    size = 1 << e
    if not 1 <= h <= 16 or len(data) < h * size:
        raise Refused("header length")
    if not 1 <= n <= 64 or reserved != 0:
        raise Refused("header stanza count")
    sender = data[88:120]
    if (flags == 3) != (sender != bytes(32)):
        raise Refused("header sender")
    plaintext = struct.unpack("<Q", data[16:24])[0]
    if plaintext != UNKNOWN and plaintext > (size - TAG) * 2**40:
        raise Refused("header plaintext size")
    at, stanzas, shares = 120, [], set()
    for _ in range(n):
        if at + 4 > h * size:
            raise Refused("header stanza")
        kind, count = struct.unpack("<HH", data[at : at + 4])
        body = data[at + 4 : at + 4 + count]
        if len(body) != count or at + 4 + count > h * size:
            raise Refused("header stanza")
        if kind == 1:
            if count != 80 or body[:32] in shares:
                raise Refused("header stanza")
            shares.add(body[:32])
        elif kind == 2:
            passes, kibibytes = struct.unpack("<II", body[16:24]) if count == 72 else (0, 0)
            if count != 72 or n != 1 or passes < 1 or kibibytes < 8:
                raise Refused("header stanza")
        elif count > 512:
            raise Refused("header stanza")
        stanzas.append((kind, body))
        at += 4 + count
    if at + 32 > h * size or -(-(at + 32) // size) != h:
        raise Refused("header length")
    if any(data[at + 32 : h * size]):
        raise Refused("header padding")
    return {
        "size": size,
        "sealed": flags & 1 == 1,
        "signed": flags == 3,
        "header": h * size,
        "plaintext": None if plaintext == UNKNOWN else plaintext,
        "file_id": data[24:56],
        "context": data[56:88],
        "sender": sender,
        "stanzas": stanzas,
        "hash": hash32("iotseg1 header", data[:at]),
        "commitment": data[at : at + 32],
        "fixed": data[:120],
    }


def file_key(header, identity=None, passphrase=None):
    found = None
    for kind, body in header["stanzas"]:
        key = None
        if kind == 1 and identity is not None:
            public = sodium.crypto_scalarmult_base(identity)
            shared = shared_secret(identity, body[:32])
            if shared is None:
                raise Refused("header low order")
            wrap = x25519_key(shared, body[:32], public, header["file_id"])
            key = open_box(body[32:], header["fixed"], ZERO12, wrap)
        elif kind == 2 and passphrase is not None:
            passes, kibibytes = struct.unpack("<II", body[16:24])
            if passes > 10 or kibibytes > 262144:
                raise Refused("limit")
            wrap = passphrase_key(passphrase, body[:16], passes, kibibytes)
            key = open_box(body[24:], header["fixed"], ZERO12, wrap)
        found = found or key
    if found is None:
        raise Refused("noMatch")
    if hash32("iotseg1 commit", header["hash"], found) != header["commitment"]:
        raise Refused("noMatch" if header["stanzas"][0][0] == 2 else "commitment")
    return found


def decrypt(data, identity=None, passphrase=None, context=None, senders=None):
    """Returns the plaintext of a whole file, or raises Refused."""
    header = parse_header(data)
    expected = hash32("iotseg1 context", context) if context is not None else bytes(32)
    if header["context"] != expected:
        raise Refused("context")
    if senders is not None and (not header["signed"] or header["sender"] not in senders):
        raise Refused("sender")
    key = file_key(header, identity, passphrase)
    payload = hash32("iotseg1 payload", header["hash"], key)
    tail = 120 if header["sealed"] else 0
    body = data[header["header"] : len(data) - tail]
    size = header["size"]
    if len(data) < header["header"] + tail + TAG:
        raise Refused("payload truncated")
    if header["plaintext"] is not None:
        count = max(1, -(-header["plaintext"] // (size - TAG)))
        if len(body) != header["plaintext"] + count * TAG:
            raise Refused("payload length")
    segments = [body[i : i + size] for i in range(0, len(body), size)]
    if len(segments) > 1 and len(segments[-1]) <= TAG:
        raise Refused("payload final")
    plain = []
    for i, segment in enumerate(segments):
        opened = open_box(segment, b"", nonce(i, i == len(segments) - 1), payload)
        if opened is None:
            raise Refused("payload segment")
        plain.append(opened)
    result = b"".join(plain)
    if header["sealed"]:
        check_seal(data[-120:], header, segments, len(result))
    return result


def check_seal(seal, header, segments, plaintext):
    if seal[:8] != SEAL_MAGIC:
        raise Refused("seal magic")
    size, count = struct.unpack("<QQ", seal[8:24])
    if size != plaintext or count != len(segments):
        raise Refused("seal numbers")
    last = len(segments) - 1
    leaves = [leaf(i, i == last, s) for i, s in enumerate(segments)]
    if merkle_root(leaves) != seal[24:56]:
        raise Refused("seal root")
    signature = seal[56:]
    if not header["signed"]:
        if signature != bytes(64):
            raise Refused("seal signature")
        return
    message = signed_bytes(header["hash"], header["commitment"], seal[8:56])
    try:
        sodium.crypto_sign_open(signature + message, header["sender"])
    except CryptoError:
        raise Refused("seal signature") from None


def signed_bytes(header_hash, commitment, numbers_and_root):
    return b"iotseg1 signature\0" + header_hash + commitment + numbers_and_root


# Writing, with every random value given: for vectors only.


def encrypt(
    plain,
    *,
    exponent=12,
    recipients=(),
    passphrase=None,
    keys,
    file_id,
    ephemerals=(),
    salt=bytes(16),
    cost=(1, 8),
    context=None,
    sealed=False,
    seed=None,
    known_size=True,
    extra_stanzas=(),
):
    """Writes a file. `keys` holds the file key of each stanza; the first one encrypts the body."""
    size = 1 << exponent
    sender = bytes(32)
    if seed is not None:
        sender, secret = sodium.crypto_sign_seed_keypair(seed)
        sealed = True
    stanza_count = len(recipients) + (1 if passphrase is not None else 0) + len(extra_stanzas)
    contents = 120 + 84 * len(recipients) + (76 if passphrase is not None else 0) + 32
    contents += sum(4 + len(body) for _, body in extra_stanzas)
    h = -(-contents // size)
    flags = (1 if sealed else 0) | (2 if seed is not None else 0)
    fixed = MAGIC + bytes([exponent, flags]) + struct.pack("<HHH", h, stanza_count, 0)
    fixed += struct.pack("<Q", len(plain) if known_size else UNKNOWN) + file_id
    fixed += hash32("iotseg1 context", context) if context is not None else bytes(32)
    fixed += sender
    head = fixed
    for kind, body in extra_stanzas:
        head += struct.pack("<HH", kind, len(body)) + body
    for i, recipient in enumerate(recipients):
        share = sodium.crypto_scalarmult_base(ephemerals[i])
        wrap = x25519_key(shared_secret(ephemerals[i], recipient), share, recipient, file_id)
        box = seal_box(keys[min(i, len(keys) - 1)], fixed, ZERO12, wrap)
        head += struct.pack("<HH", 1, 80) + share + box
    if passphrase is not None:
        wrap = passphrase_key(passphrase, salt, *cost)
        box = seal_box(keys[0], fixed, ZERO12, wrap)
        head += struct.pack("<HH", 2, 72) + salt + struct.pack("<II", *cost) + box
    header_hash = hash32("iotseg1 header", head)
    commitment = hash32("iotseg1 commit", header_hash, keys[0])
    payload = hash32("iotseg1 payload", header_hash, keys[0])
    step = size - TAG
    parts = [plain[i : i + step] for i in range(0, len(plain), step)] or [b""]
    last = len(parts) - 1
    segments = [seal_box(p, b"", nonce(i, i == last), payload) for i, p in enumerate(parts)]
    data = (head + commitment).ljust(h * size, b"\0") + b"".join(segments)
    if sealed:
        root = merkle_root([leaf(i, i == last, s) for i, s in enumerate(segments)])
        numbers = struct.pack("<QQ", len(plain), len(segments)) + root
        signature = bytes(64)
        if seed is not None:
            message = signed_bytes(header_hash, commitment, numbers)
            signature = sodium.crypto_sign(message, secret)[:64]
        data += SEAL_MAGIC + numbers + signature
    return data


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("command", choices=["decrypt"])
    parser.add_argument("file")
    parser.add_argument("--identity", type=bytes.fromhex)
    parser.add_argument("--passphrase", type=str.encode)
    parser.add_argument("--context", type=str.encode)
    parser.add_argument("--sender", type=bytes.fromhex)
    options = parser.parse_args()
    with open(options.file, "rb") as file:
        data = file.read()
    try:
        plain = decrypt(
            data,
            options.identity,
            options.passphrase,
            options.context,
            {options.sender} if options.sender else None,
        )
    except Refused as why:
        print(why, file=sys.stderr)
        sys.exit(1)
    sys.stdout.buffer.write(plain)


if __name__ == "__main__":
    main()
