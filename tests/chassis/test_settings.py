"""Each wrong variable is answered by a sentence that names it, and never repeats its value."""

import json
from base64 import urlsafe_b64encode
from pathlib import Path

import pytest
from pydantic_settings import SettingsConfigDict

from chassis.settings import ServiceSettings, load

SECRET = "hunter2-canary"


class ShopSettings(ServiceSettings):
    model_config = SettingsConfigDict(env_prefix="SHOP_")


@pytest.fixture
def env(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    monkeypatch.setenv("SHOP_DATABASE", f"postgresql://shop:{SECRET}@db:5432/shop")
    monkeypatch.setenv("SHOP_KAFKA", "one:9092, two:9093")
    return monkeypatch


def refusal(capsys: pytest.CaptureFixture[str]) -> str:
    with pytest.raises(SystemExit) as stopped:
        load(ShopSettings)
    assert stopped.value.code == 2
    said = capsys.readouterr().err.strip()
    assert SECRET not in said
    return said


def test_the_least_that_must_be_set_is_the_database_and_the_brokers(env: pytest.MonkeyPatch) -> None:
    settings = load(ShopSettings)
    assert settings.kafka == ["one:9092", "two:9093"]
    assert settings.profile == "production"
    assert settings.tokens == ()
    assert settings.source == "/919"
    assert SECRET not in repr(settings)


def test_what_is_missing_is_named(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SHOP_DATABASE", raising=False)
    said = refusal(capsys)
    assert "SHOP_DATABASE is missing: write the database's address" in said
    assert "SHOP_KAFKA is missing: write the brokers as host:port" in said


@pytest.mark.parametrize(
    ("variable", "value", "sentence"),
    [
        ("SHOP_DATABASE", SECRET, "SHOP_DATABASE is not an address of a PostgreSQL database: write"),
        ("SHOP_KAFKA", f"{SECRET}", "SHOP_KAFKA does not hold addresses: write the brokers as host:port"),
        ("SHOP_KAFKA", "one:99999", "SHOP_KAFKA does not hold addresses"),
        ("SHOP_KAFKA", "one:9092,", "SHOP_KAFKA does not hold addresses"),
        ("SHOP_PROFILE", SECRET, "SHOP_PROFILE cannot be used: write production, demo or test"),
        ("SHOP_PORT", SECRET, "SHOP_PORT cannot be used: write a port from 1 to 65535"),
        ("SHOP_PORT", "tcp://10.0.0.1:80", "SHOP_PORT cannot be used"),
        ("SHOP_AUTHORITY", SECRET, "SHOP_AUTHORITY cannot be used: write the authority's code"),
        ("SHOP_PUBLIC_URL", SECRET, "SHOP_PUBLIC_URL is not a web address"),
        ("SHOP_OTLP_ENDPOINT", f"http://u:{SECRET}@host", "SHOP_OTLP_ENDPOINT is not a web address"),
        ("SHOP_TOKENS", SECRET, "SHOP_TOKENS is not JSON: write a JSON list"),
        ("SHOP_TOKENS", "{}", "SHOP_TOKENS cannot be used"),
        (
            "SHOP_TOKENS",
            json.dumps([{"name": "a", "sha256": SECRET, "scopes": []}]),
            "SHOP_TOKENS[0][sha256] cannot be used",
        ),
        ("SHOP_TOKENS_FILE", f"/nowhere/{SECRET}", "SHOP_TOKENS_FILE cannot be read"),
        (
            "SHOP_KEYRINGS",
            json.dumps({"t": [{"kid": "1", "k": SECRET}]}),
            "SHOP_KEYRINGS[t][0][k] is not a key of 32 bytes",
        ),
        ("SHOP_CLOCK", "stepped", "SHOP_CLOCK is stepped, which only the profiles demo and test allow"),
        ("SHOP_SHUTDOWN_SECONDS", "0", "SHOP_SHUTDOWN_SECONDS cannot be used: write seconds"),
        ("SHOP_CLOCK_START", "2026-11-02T09:00:00", "SHOP_CLOCK_START cannot be used"),
        ("SHOP_LOG_LEVEL", "chatty", "SHOP_LOG_LEVEL cannot be used: write DEBUG"),
    ],
)
def test_a_wrong_value_is_answered_by_what_to_write(
    env: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], variable: str, value: str, sentence: str
) -> None:
    env.setenv(variable, value)
    assert sentence in refusal(capsys)


def test_all_wrong_values_are_told_at_once(
    env: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    env.setenv("SHOP_PORT", "x")
    env.setenv("SHOP_PROFILE", "y")
    assert len(refusal(capsys).splitlines()) == 2


def test_tokens_and_keys_may_come_from_files(env: pytest.MonkeyPatch, tmp_path: Path) -> None:
    tokens, rings = tmp_path / "tokens", tmp_path / "rings"
    tokens.write_text(json.dumps([{"name": "till", "sha256": "0" * 64, "scopes": ["a:b"], "owners": ["1"]}]))
    rings.write_text(json.dumps({"t.v1": [{"kid": "1", "k": urlsafe_b64encode(b"k" * 32).decode()}]}))
    env.setenv("SHOP_TOKENS_FILE", str(tokens))
    env.setenv("SHOP_KEYRINGS_FILE", str(rings))
    settings = load(ShopSettings)
    assert settings.tokens[0].scopes == {"a:b"}
    assert settings.keyrings["t.v1"][0].kid == "1"
    assert "a2tra2" not in repr(settings)


def test_tokens_come_from_one_place_only(
    env: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    env.setenv("SHOP_TOKENS", "[]")
    env.setenv("SHOP_TOKENS_FILE", str(tmp_path / "tokens"))
    assert "SHOP_TOKENS and SHOP_TOKENS_FILE are both set" in refusal(capsys)


def test_one_token_has_one_entry(env: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    grant = {"name": "a", "sha256": "0" * 64, "scopes": []}
    env.setenv("SHOP_TOKENS", json.dumps([grant, grant]))
    assert "SHOP_TOKENS holds one token twice" in refusal(capsys)


@pytest.mark.parametrize("profile", ["demo", "test"])
def test_a_demo_and_a_test_may_step_the_clock(env: pytest.MonkeyPatch, profile: str) -> None:
    env.setenv("SHOP_CLOCK", "stepped")
    env.setenv("SHOP_PROFILE", profile)
    assert load(ShopSettings).clock == "stepped"


SIGN_IN = {
    "SHOP_SIGN_IN_ISSUER": "https://accounts.example",
    "SHOP_SIGN_IN_CLIENT_ID": "shop",
    "SHOP_SIGN_IN_CLIENT_SECRET": SECRET,
    "SHOP_PUBLIC_URL": "https://shop.example",
}


def test_people_sign_in_by_the_provider_that_is_set(env: pytest.MonkeyPatch) -> None:
    assert load(ShopSettings).sign_in_issuer == "", "nothing is chosen for anybody"
    for name, value in SIGN_IN.items():
        env.setenv(name, value)
    env.setenv("SHOP_TRUSTED_PROXIES", "10.0.0.0/8, 2001:db8::/32")
    settings = load(ShopSettings)
    assert settings.sign_in_issuer == "https://accounts.example"
    assert [str(network) for network in settings.trusted_proxies] == ["10.0.0.0/8", "2001:db8::/32"]
    assert SECRET not in repr(settings)


@pytest.mark.parametrize("missing", SIGN_IN)
def test_a_provider_is_set_as_a_whole(
    env: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], missing: str
) -> None:
    for name, value in SIGN_IN.items():
        if name != missing:
            env.setenv(name, value)
    assert f"{missing} is missing: staff can sign in only with it" in refusal(capsys)


@pytest.mark.parametrize("name", ["SHOP_SIGN_IN_ISSUER", "SHOP_PUBLIC_URL"])
def test_people_sign_in_over_plain_http_in_a_rehearsal_only(
    env: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    for known, value in SIGN_IN.items():
        env.setenv(known, value)
    env.setenv(name, "http://127.0.0.1:8000")
    assert f"{name} is not secure: write an address with https://" in refusal(capsys)
    env.setenv("SHOP_PROFILE", "demo")
    load(ShopSettings)


@pytest.mark.parametrize(
    ("variable", "value", "sentence"),
    [
        (
            "SHOP_TRUSTED_PROXIES",
            f"10.0.0.0/8,{SECRET}",
            "SHOP_TRUSTED_PROXIES[1] cannot be used: write the networks",
        ),
        ("SHOP_SESSION_HOURS", "25", "SHOP_SESSION_HOURS cannot be used: write hours from 1 to 24"),
        ("SHOP_SESSION_IDLE_MINUTES", "4", "SHOP_SESSION_IDLE_MINUTES cannot be used: write minutes from 5"),
        ("SHOP_SIGN_IN_CLAIM", "a b", "SHOP_SIGN_IN_CLAIM cannot be used: write the claim"),
    ],
)
def test_a_wrong_value_about_people_is_answered_by_what_to_write(
    env: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], variable: str, value: str, sentence: str
) -> None:
    env.setenv(variable, value)
    assert sentence in refusal(capsys)
