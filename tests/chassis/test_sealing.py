"""Only the right key, the right topic and the named algorithms open anything."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jwe, jws
from joserfc.jwk import ECKey, OctKey
from pydantic import ValidationError

from chassis.sealing import LARGEST, CannotOpen, KeyRings, RingKey, open_signed, sign_and_seal

SECRET = b"canary words of a person"


def ring_key(kid: str, filling: bytes = b"k") -> RingKey:
    return RingKey(kid=kid, k=urlsafe_b64encode(filling * 32).decode().rstrip("="))


def ec_key(kid: str) -> ECKey:
    return ECKey.generate_key("P-256", {"kid": kid})


def encoded(value: bytes) -> bytes:
    return urlsafe_b64encode(value).rstrip(b"=")


def b64(value: object) -> str:
    return encoded(json.dumps(value).encode()).decode()


RINGS = KeyRings({"a.v1": [ring_key("new"), ring_key("old", b"o")], "b.v1": [ring_key("new")]})
OURS, SCHOOL, STRANGER = ec_key("ours"), ec_key("school"), ec_key("stranger")


@given(st.binary(max_size=2000))
def test_what_was_sealed_can_be_opened(value: bytes) -> None:
    sealed = RINGS.seal("a.v1", value)
    assert RINGS.open("a.v1", sealed) == value


def test_a_full_set_of_papers_fits() -> None:
    assert RINGS.open("a.v1", RINGS.seal("a.v1", b"x" * 600_000)) == b"x" * 600_000


def test_nothing_of_the_value_can_be_read() -> None:
    assert SECRET not in RINGS.seal("a.v1", SECRET)


def test_a_value_moved_to_another_topic_is_refused_even_under_the_same_key() -> None:
    with pytest.raises(CannotOpen, match="another topic"):
        RINGS.open("b.v1", RINGS.seal("a.v1", SECRET))


def test_a_former_key_still_opens_after_a_rotation() -> None:
    before = KeyRings({"a.v1": [ring_key("old", b"o")]})
    assert RINGS.open("a.v1", before.seal("a.v1", SECRET)) == SECRET


def test_a_key_that_was_taken_out_no_longer_opens() -> None:
    after = KeyRings({"a.v1": [ring_key("newest", b"n")]})
    with pytest.raises(CannotOpen, match="no key that is known"):
        after.open("a.v1", RINGS.seal("a.v1", SECRET))


def test_another_key_under_the_same_id_does_not_open() -> None:
    other = KeyRings({"a.v1": [ring_key("new", b"z")]})
    with pytest.raises(CannotOpen, match="changed"):
        other.open("a.v1", RINGS.seal("a.v1", SECRET))


@pytest.mark.parametrize("part", [0, 2, 3, 4])
def test_a_changed_value_is_refused(part: int) -> None:
    parts = RINGS.seal("a.v1", SECRET).decode().split(".")
    parts[part] = ("B" if parts[part][:1] != "B" else "C") + parts[part][1:]
    with pytest.raises(CannotOpen):
        RINGS.open("a.v1", ".".join(parts).encode())


def test_a_value_that_is_put_together_in_another_way_is_refused() -> None:
    header, _, nonce, value, tag = RINGS.seal("a.v1", SECRET).split(b".")
    whole = urlsafe_b64decode(value + b"==") + urlsafe_b64decode(tag + b"==")
    long = AESGCM(b"k" * 32).encrypt(b"n" * 16, SECRET, header)
    for parts in (
        (b"AAAA", nonce, value, tag),
        (b"", nonce, encoded(whole[:-12]), encoded(whole[-12:])),
        (b"", encoded(b"n" * 16), encoded(long[:-16]), encoded(long[-16:])),
    ):
        with pytest.raises(CannotOpen, match="in another way"):
            RINGS.open("a.v1", b".".join((header, *parts)))


def test_a_value_that_would_fill_the_memory_is_refused() -> None:
    with pytest.raises(CannotOpen):
        RINGS.open("a.v1", RINGS.seal("a.v1", b"x" * (LARGEST + 1)))


@pytest.mark.parametrize(
    "token", [b"", b".", b"....", b"{}", b"\xff\xfe", SECRET, b"W10.a.b.c.d", b"bnVsbA.a.b.c.d"]
)
def test_what_is_no_jwe_is_refused_without_its_content(token: bytes) -> None:
    with pytest.raises(CannotOpen) as refused:
        RINGS.open("a.v1", token)
    assert "canary" not in str(refused.value)


@pytest.mark.parametrize("alg", ["A256KW", "A256GCMKW"])
def test_another_algorithm_is_refused_even_with_the_right_key(alg: str) -> None:
    key = OctKey.import_key(b"k" * 32)
    header = {"alg": alg, "enc": "A256GCM", "kid": "new"}
    token = jwe.encrypt_compact(header, SECRET, key, algorithms=[alg, "A256GCM"])
    with pytest.raises(CannotOpen, match="in another way"):
        RINGS.open("a.v1", token.encode())


def test_a_compressed_value_is_refused_since_it_might_be_a_bomb() -> None:
    key = OctKey.import_key(b"k" * 32)
    header = {"alg": "dir", "enc": "A256GCM", "kid": "new", "zip": "DEF"}
    token = jwe.encrypt_compact(header, b"0" * 100_000, key, algorithms=["dir", "A256GCM", "DEF"])
    with pytest.raises(CannotOpen):
        RINGS.open("a.v1", token.encode())


def test_a_topic_without_keys_is_named_at_start_up() -> None:
    with pytest.raises(ValueError, match=r"no key for b\.v1, c\.v1: add one"):
        KeyRings({"a.v1": [ring_key("1")], "b.v1": []}, needed=["a.v1", "b.v1", "c.v1"])


def test_sealing_for_a_topic_without_keys_is_refused() -> None:
    with pytest.raises(ValueError, match=r"no key for z\.v1"):
        RINGS.seal("z.v1", SECRET)


@pytest.mark.parametrize("k", ["", "short", "!" * 43, urlsafe_b64encode(b"k" * 16).decode()])
def test_a_key_has_32_bytes(k: str) -> None:
    with pytest.raises(ValidationError, match="is not a key of 32 bytes"):
        RingKey(kid="1", k=k)


# -- what outsiders send ---------------------------------------------------------------------------------


def opened(token: bytes, record: str = "") -> tuple[str, bytes]:
    return open_signed(token, {"ours": OURS}, {"school": SCHOOL}, record)


def sealed_for_us(inner: str, **header: str) -> bytes:
    outer = {"alg": "ECDH-ES+A128KW", "enc": "A256GCM", "kid": "ours"} | header
    return jwe.encrypt_compact(outer, inner, OURS, algorithms=[outer["alg"], outer["enc"]]).encode()


def test_a_signed_value_tells_who_signed_it() -> None:
    public = ECKey.import_key(OURS.as_dict(private=False))
    assert opened(sign_and_seal(SECRET, SCHOOL, public)) == ("school", SECRET)


def test_a_large_submission_fits() -> None:
    assert opened(sign_and_seal(b"x" * 400_000, SCHOOL, OURS))[1] == b"x" * 400_000


def test_an_unknown_signer_is_refused() -> None:
    with pytest.raises(CannotOpen, match="no key that is known"):
        opened(sign_and_seal(SECRET, STRANGER, OURS))


def test_a_stranger_under_the_name_of_a_school_is_refused() -> None:
    impostor = ec_key("school")
    with pytest.raises(CannotOpen, match="signature is not right"):
        opened(sign_and_seal(SECRET, impostor, OURS))


def test_a_value_sealed_for_somebody_else_is_refused() -> None:
    with pytest.raises(CannotOpen, match="no key that is known"):
        opened(sign_and_seal(SECRET, SCHOOL, STRANGER))


def test_a_signature_with_alg_none_is_refused() -> None:
    unsigned = f"{b64({'alg': 'none', 'kid': 'school'})}.{urlsafe_b64encode(SECRET).decode().rstrip('=')}."
    with pytest.raises(CannotOpen, match="signature is not right"):
        opened(sealed_for_us(unsigned))


def test_a_public_key_used_as_a_shared_secret_is_refused() -> None:
    secret = OctKey.import_key(SCHOOL.as_pem(private=False)[:64])
    confused = jws.serialize_compact({"alg": "HS256", "kid": "school"}, SECRET, secret, algorithms=["HS256"])
    with pytest.raises(CannotOpen, match="signature is not right"):
        opened(sealed_for_us(confused))


def test_an_unsigned_value_is_refused() -> None:
    with pytest.raises(CannotOpen):
        opened(sealed_for_us(SECRET.decode()))


def test_another_way_of_sealing_is_refused() -> None:
    signed = jws.serialize_compact({"alg": "ES256", "kid": "school"}, SECRET, SCHOOL)
    with pytest.raises(CannotOpen, match="in another way"):
        opened(sealed_for_us(signed, alg="ECDH-ES+A256KW"))


def test_a_changed_payload_is_refused() -> None:
    signed = jws.serialize_compact({"alg": "ES256", "kid": "school"}, SECRET, SCHOOL).split(".")
    signed[1] = urlsafe_b64encode(b"other words").decode().rstrip("=")
    with pytest.raises(CannotOpen, match="signature is not right"):
        opened(sealed_for_us(".".join(signed)))


def test_a_copy_sent_as_another_record_is_refused() -> None:
    token = sign_and_seal(SECRET, SCHOOL, OURS, record="/school 1")
    assert opened(token, "/school 1") == ("school", SECRET)
    with pytest.raises(CannotOpen, match="another record"):
        opened(token, "/school 2")
