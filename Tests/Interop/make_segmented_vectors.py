"""Writes Tests/Vectors/segmented-file/vectors.json: the same bytes on every run."""

import base64
import hashlib
import json
import pathlib
import struct
import zlib

import segmented_file as iot
from nacl import bindings as sodium


def random(name, count=32):
    return hashlib.shake_256(b"iotseg vectors " + name.encode()).digest(count)


ALICE = random("alice")
BOB = random("bob")
ALICE_PUBLIC = sodium.crypto_scalarmult_base(ALICE)
BOB_PUBLIC = sodium.crypto_scalarmult_base(BOB)
SEED = random("sender")
SENDER = sodium.crypto_sign_seed_keypair(SEED)[0]
OTHER_SENDER = sodium.crypto_sign_seed_keypair(random("other sender"))[0]
PLAIN = (b"segmented file vector " * 600)[:8200]
STEP = 4096 - 16
CASES = []


def write(plain=PLAIN, name="base", **options):
    defaults = dict(
        recipients=[ALICE_PUBLIC],
        keys=[random(name + " key")],
        file_id=random(name + " id"),
        ephemerals=[random(name + " e1"), random(name + " e2"), random(name + " e3")],
    )
    return iot.encrypt(plain, **{**defaults, **options})


def case(name, data, expect, plain=None, identity=ALICE, **given):
    # The generator is checked by the decoder: a vector the two disagree on is not written.
    try:
        result = iot.decrypt(
            data,
            identity,
            given.get("passphrase"),
            given.get("context"),
            {given["sender"]} if "sender" in given else None,
        )
        found = "success"
        assert result == plain, name
    except iot.Refused as why:
        found = str(why).split()[0]
    assert found == expect, (name, found, expect)
    entry = {"name": name, "expect": expect, "file_zlib": base64.b64encode(zlib.compress(data, 9)).decode()}
    if identity is not None:
        entry["identity"] = identity.hex()
    for key, value in given.items():
        entry[key] = value.hex() if key == "sender" else value.decode()
    if plain is not None:
        entry["plaintext_sha256"] = hashlib.sha256(plain).hexdigest()
    CASES.append(entry)


def patched(data, offset, replacement):
    return data[:offset] + replacement + data[offset + len(replacement) :]


def flipped(data, offset):
    return patched(data, offset, bytes([data[offset] ^ 1]))


def accept():
    case("empty file", write(b""), "success", b"")
    case("one byte", write(b"x"), "success", b"x")
    case("three segments", write(), "success", PLAIN)
    for count in (STEP - 1, STEP, STEP + 1, 2 * STEP):
        plain = PLAIN[:count]
        case(f"{count} bytes", write(plain), "success", plain)
    case("size not known", write(known_size=False), "success", PLAIN)
    case("size not known, full last segment", write(PLAIN[:STEP], known_size=False), "success", PLAIN[:STEP])
    case("sealed", write(sealed=True), "success", PLAIN)
    case("sealed, size not known", write(sealed=True, known_size=False), "success", PLAIN)
    case("signed", write(seed=SEED), "success", PLAIN, sender=SENDER)
    case("signed, no sender demanded", write(seed=SEED), "success", PLAIN)
    case("context", write(context=b"pump 7"), "success", PLAIN, context=b"pump 7")
    two = write(recipients=[ALICE_PUBLIC, BOB_PUBLIC])
    case("two recipients, first", two, "success", PLAIN)
    case("two recipients, second", two, "success", PLAIN, identity=BOB)
    case("unknown stanza skipped", write(extra_stanzas=[(9, b"hello")]), "success", PLAIN)
    case("unknown stanza of 512 bytes", write(b"x", extra_stanzas=[(9, bytes(512))]), "success", b"x")
    secret = write(recipients=[], passphrase=b"correct horse", salt=random("salt", 16))
    case("passphrase", secret, "success", PLAIN, identity=None, passphrase=b"correct horse")
    case("segment size 16 KiB", write(b"x", exponent=14), "success", b"x")
    case("segment size 64 KiB", write(b"x", exponent=16), "success", b"x")
    case("segment size 128 KiB", write(b"x", exponent=17), "success", b"x")


def refuse_header():
    small = write(b"x", name="small")
    kinds = [
        (0, "magic"), (7, "version"), (8, "segment size"), (10, "header segments"),
        (12, "stanza count"), (14, "reserved"), (15, "reserved, second byte"), (88, "sender of an unsigned file"),
        (120, "stanza type"), (122, "stanza length"), (300, "padding"), (4095, "last padding byte"),
    ]
    for offset, what in kinds:
        case(f"flipped: {what}", flipped(small, offset), "noMatch" if offset == 120 else "header")
    case("flags: signed without sealed", patched(small, 9, b"\2"), "header")
    case("flags: unknown", patched(small, 9, b"\4"), "header")
    case("flags: sealed set", patched(small, 9, b"\1") + bytes(120), "noMatch")
    case("flipped: plaintext size", flipped(small, 16), "noMatch")
    case("flipped: file id", flipped(small, 24), "noMatch")
    case("flipped: context", flipped(small, 56), "context")
    case("flipped: ephemeral key", flipped(small, 124), "noMatch")
    case("flipped: box", flipped(small, 160), "noMatch")
    case("flipped: commitment", flipped(small, 204), "commitment")
    case("no stanza", patched(small, 12, b"\0\0"), "header")
    case("65 stanzas", patched(small, 12, b"\x41\0"), "header")
    case("header one segment too long", patched(small[:4096] + bytes(4096) + small[4096:], 10, b"\2\0"), "header")
    case("header cut", small[:4000], "header")
    case("unknown stanza of 513 bytes", write(b"x", extra_stanzas=[(9, bytes(513))]), "header")
    both = write(b"x", passphrase=b"p", name="both")
    case("passphrase beside a key", both, "header")
    share = small[124:156]
    twice = write(b"x", name="twice", recipients=[ALICE_PUBLIC, BOB_PUBLIC])
    case("the same share twice", patched(twice, 124 + 84, twice[124:156]), "header")
    assert len(share) == 32
    for low in ("00" * 32, "01" + "00" * 31, "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800"):
        case(f"low order share {low[:4]}", patched(small, 124, bytes.fromhex(low)), "header")
    case("size of 2^40 segments and one byte", patched(small, 16, struct.pack("<Q", STEP * 2**40 + 1)), "header")


def refuse_keys():
    case("wrong identity", write(b"x"), "noMatch", identity=BOB)
    case("passphrase file, identity at hand", write(b"x", recipients=[], passphrase=b"p"), "noMatch")
    case("wrong passphrase", write(b"x", recipients=[], passphrase=b"p"), "noMatch", identity=None, passphrase=b"q")
    keys = [random("first"), random("second")]
    split = write(b"x", name="split", recipients=[ALICE_PUBLIC, BOB_PUBLIC], keys=keys)
    case("two file keys, first recipient", split, "success", b"x")
    case("two file keys, second recipient", split, "commitment", identity=BOB)
    hostile = write(b"x", name="hostile", recipients=[], passphrase=b"p")
    case("Argon2id passes 11", patched(hostile, 140, struct.pack("<I", 11)), "limit", identity=None, passphrase=b"p")
    case("Argon2id memory 262145 KiB", patched(hostile, 144, struct.pack("<I", 262145)), "limit", identity=None, passphrase=b"p")
    case("Argon2id passes 0", patched(hostile, 140, struct.pack("<I", 0)), "header", identity=None, passphrase=b"p")
    case("Argon2id memory 7 KiB", patched(hostile, 144, struct.pack("<I", 7)), "header", identity=None, passphrase=b"p")
    case("context absent", write(b"x"), "context", context=b"pump 7")
    case("context not named", write(b"x", context=b"pump 7"), "context")
    case("context of another", write(b"x", context=b"pump 7"), "context", context=b"pump 8")


def refuse_body():
    for known in (True, False):
        how = "size known" if known else "size not known"
        data = write(known_size=known)
        h, a, b, c = data[:4096], data[4096:8192], data[8192:12288], data[12288:]
        other = write(name="other", known_size=known)
        kind = "payload"
        case(f"segments swapped, {how}", h + b + a + c, kind)
        case(f"segment repeated, {how}", h + a + a + b + c, kind)
        case(f"segment repeated in place, {how}", h + a + a + c, kind)
        case(f"segment dropped, {how}", h + a + c, kind)
        case(f"last segment dropped, {how}", h + a + b, kind)
        case(f"segment of another file, {how}", h + a + other[8192:12288] + c, kind)
        case(f"byte cut, {how}", data[:-1], kind)
        case(f"byte added, {how}", data + b"\0", kind)
        case(f"body missing, {how}", h, kind)
        case(f"tag cut short, {how}", h + a[:15], kind)
        case(f"bit flipped, {how}", flipped(data, 9000), kind)
        case(f"header of another file, {how}", other[:4096] + a + b + c, kind)
    full = write(PLAIN[:STEP], known_size=False)
    empty = iot.seal_box(b"", b"", iot.nonce(1, True), bytes(32))
    case("empty final segment after a full one", full + empty, "payload")
    case("final flag on the first of two", full + full[4096:], "payload")


def refuse_seal():
    data = write(sealed=True)
    at = len(data) - 120
    case("seal missing", data[:at], "payload")
    case("seal magic", flipped(data, at), "seal")
    case("seal size off by one", flipped(data, at + 8), "seal")
    case("seal count off by one", flipped(data, at + 16), "seal")
    case("seal root", flipped(data, at + 24), "seal")
    case("signature in an unsigned file", flipped(data, at + 56), "seal")
    case("seal of another file", data[:at] + write(PLAIN[::-1], name="o", sealed=True)[-120:], "seal")
    case("byte after the seal", data + b"\0", "payload")
    signed = write(seed=SEED)
    at = len(signed) - 120
    case("signature damaged", flipped(signed, at + 60), "seal", sender=SENDER)
    case("signature zeroed", signed[: at + 56] + bytes(64), "seal")
    other = write(name="o", seed=SEED)
    case("seal of another file by the same sender", signed[:at] + other[-120:], "seal", sender=SENDER)
    case("sender not accepted", signed, "sender", sender=OTHER_SENDER)
    case("sender demanded, file not signed", data, "sender", sender=SENDER)
    case("signed flag taken off", patched(patched(signed, 9, b"\1"), 88, bytes(32)), "noMatch")
    case("sender replaced", patched(signed, 88, OTHER_SENDER), "noMatch", sender=OTHER_SENDER)
    insider = write(name="base", plain=PLAIN[::-1], seed=SEED)
    case("body replaced by a recipient", signed[:4096] + insider[4096:at] + signed[at:], "seal", sender=SENDER)


accept()
refuse_header()
refuse_keys()
refuse_body()
refuse_seal()
target = pathlib.Path(__file__).parent.parent / "Vectors" / "segmented-file" / "vectors.json"
target.write_text(json.dumps({"format": "IOTSEG 1", "cases": CASES}, indent=1) + "\n")
print(len(CASES), "cases,", target.stat().st_size, "bytes")
