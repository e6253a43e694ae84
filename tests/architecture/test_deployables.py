"""What is deployed is checked without Docker: valid, complete, hardened, and without a default secret."""

import hashlib
import re
import stat
from importlib import import_module
from pathlib import Path
from typing import Any, cast

import pytest
from pydantic_settings import BaseSettings

from chassis.settings import ServiceSettings
from deploy.compose import env
from deploy.local.credentials import make_credentials
from tests.architecture import source
from tests.architecture.compose import COMPOSE, NotSet, compose, environment_of, read_env, variables

DEMO_ENV = source.ROOT / "deploy/compose/demo.env"
DOCKERFILE = source.ROOT / "deploy/Dockerfile"
JOBS = ("topics", *(f"{name}-migrations" for name in source.SERVICE_NAMES))
OURS = (*source.SERVICE_NAMES, *JOBS)
SECRET = re.compile("PASSWORD|SECRET|TOKENS|KEYRINGS|KEYS")
#: What a person fills in after `make env`.
DECIDED = {
    "FINGERPOST_AUTHORITY": "919",
    "NOTIFICATIONS_PUBLIC_URL": "https://send.council.example",
    "NOTIFICATIONS_SMTP_HOST": "mail.council.example",
    "NOTIFICATIONS_SENDER": "send-service@council.example",
}


def settings_of(service: str) -> type[ServiceSettings]:
    return cast(type[ServiceSettings], import_module(f"services.{service}.settings").Settings)


def fresh() -> dict[str, str]:
    return {**env.fresh(make_credentials((), {})), **DECIDED}


def started_with(service: str, given: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> ServiceSettings:
    """The settings that the service would find in its container."""
    for name, value in environment_of(service, given).items():
        monkeypatch.setenv(name, value)
    return settings_of(service)()


def known(settings: type[BaseSettings]) -> dict[str, bool]:
    """Every variable of the service, and whether it must be set."""
    prefix = str(settings.model_config["env_prefix"])
    return {f"{prefix}{name}".upper(): field.is_required() for name, field in settings.model_fields.items()}


# --- docker-compose.yml ---


def schema_check(file: Path) -> int:
    schema = ("--builtin-schema", "vendor.compose-spec")
    return source.run(source.ROOT, source.tool("check-jsonschema"), *schema, str(file)).returncode


def test_compose_is_valid_and_a_misspelt_key_would_be_found(tmp_path: Path) -> None:
    wrong = tmp_path / "docker-compose.yml"
    text = COMPOSE.read_text(encoding="utf-8").replace("    volumes: [", "    volume: [", 1)
    wrong.write_text(text, encoding="utf-8")
    assert schema_check(COMPOSE) == 0
    assert schema_check(wrong) != 0


@pytest.mark.parametrize("service", source.SERVICE_NAMES)
def test_a_container_is_told_only_what_its_service_knows_and_all_that_it_needs(service: str) -> None:
    told, settings = set(compose()["services"][service]["environment"]), known(settings_of(service))
    assert told - set(settings) == set()
    assert {name for name, required in settings.items() if required} - told == set()


@pytest.mark.parametrize("service", source.SERVICE_NAMES)
def test_the_demo_s_file_starts_every_service_as_a_demo(
    service: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = started_with(service, read_env(DEMO_ENV.read_text(encoding="utf-8")), monkeypatch)
    assert settings.profile == "demo"
    assert settings.tokens
    assert settings.keyrings


@pytest.mark.parametrize("service", source.SERVICE_NAMES)
def test_fresh_secrets_and_four_decisions_start_every_service_in_production(
    service: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = started_with(service, fresh(), monkeypatch)
    assert settings.profile == "production"
    assert settings.database.get_secret_value().startswith(f"postgresql://{service}:")
    assert settings.host == "0.0.0.0"
    assert settings.port == 8000


@pytest.mark.parametrize("service", source.SERVICE_NAMES)
def test_staff_sign_in_with_one_provider_and_each_service_with_an_id_and_a_secret_of_its_own(
    service: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = service.upper()
    given = {
        "FINGERPOST_SIGN_IN_ISSUER": "https://accounts.council.example",
        "FINGERPOST_SIGN_IN_CLAIM": "oid",
        "FINGERPOST_TRUSTED_PROXIES": "10.0.0.0/8",
        f"{name}_PUBLIC_URL": "https://here.council.example",
        f"{name}_SIGN_IN_CLIENT_ID": service,
        f"{name}_SIGN_IN_CLIENT_SECRET": "of-this-service",
    }
    settings = started_with(service, {**fresh(), **given}, monkeypatch)
    assert settings.sign_in_issuer == "https://accounts.council.example"
    assert (settings.sign_in_client_id, settings.sign_in_claim) == (service, "oid")
    assert settings.sign_in_client_secret.get_secret_value() == "of-this-service"
    assert [str(each) for each in settings.trusted_proxies] == ["10.0.0.0/8"]


@pytest.mark.parametrize("missing", sorted({name for name, kind, _ in variables() if kind == "?"}))
def test_without_a_required_variable_nothing_starts_and_it_is_named(missing: str) -> None:
    given = {name: value for name, value in fresh().items() if name != missing}
    with pytest.raises(NotSet, match=f"^{missing}: write "):
        _ = [environment_of(service, given) for service in ("postgres", *source.SERVICE_NAMES)]


def test_no_secret_has_a_default() -> None:
    secret = {(name, kind, words) for name, kind, words in variables() if SECRET.search(name)}
    assert {each for each in secret if each[1] != "?" and each[2] not in ("", "[]")} == set()
    assert len(secret) >= 10


def test_no_secret_of_the_demo_stands_in_another_file() -> None:
    demo = read_env(DEMO_ENV.read_text(encoding="utf-8"))
    published = {value for name, value in demo.items() if SECRET.search(name) and len(value) > 20}
    for path in (COMPOSE, source.ROOT / ".env.example", DOCKERFILE):
        assert not [value for value in published if value in path.read_text(encoding="utf-8")]


def test_the_demo_s_tokens_are_those_that_its_file_names() -> None:
    text = DEMO_ENV.read_text(encoding="utf-8")
    named = set(re.findall(r"demo-[a-z-]+", text.split("are caught", 1)[0]))
    digests = {hashlib.sha256(token.encode()).hexdigest() for token in named}
    assert digests == set(re.findall(r'"sha256": "([0-9a-f]+)"', text))


def test_every_variable_is_explained_in_the_example() -> None:
    explained = set(
        re.findall(r"(?m)^#?([A-Z_]+)=", (source.ROOT / ".env.example").read_text(encoding="utf-8"))
    )
    assert explained == {name for name, _, _ in variables()}


@pytest.mark.parametrize("name", OURS)
def test_our_containers_can_write_nothing_and_become_nobody_else(name: str) -> None:
    container = compose()["services"][name]
    assert container["read_only"] is True
    assert container["tmpfs"] == ["/tmp"]
    assert container["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in container["security_opt"]
    assert "user" not in container, "the image's own user is the right one"


@pytest.mark.parametrize("service", source.SERVICE_NAMES)
def test_a_service_starts_after_its_migrations_and_the_topics_and_tells_how_it_is(service: str) -> None:
    container = compose()["services"][service]
    assert container["depends_on"] == {
        "topics": {"condition": "service_completed_successfully"},
        f"{service}-migrations": {"condition": "service_completed_successfully"},
    }
    assert container["healthcheck"]["test"][-3:] == ["-m", "chassis.probe", "ready"]


def test_ports_are_open_to_this_machine_only() -> None:
    ports = [port for container in compose()["services"].values() for port in container.get("ports", [])]
    assert ports
    assert [port for port in ports if not port.startswith("127.0.0.1:")] == []


def test_images_of_others_have_a_version_and_only_the_mail_catcher_is_for_the_demo() -> None:
    containers: dict[str, Any] = compose()["services"]
    foreign = {name: each["image"] for name, each in containers.items() if "build" not in each}
    assert all(re.search(r":v?[0-9]", image) for image in foreign.values())
    assert [name for name, each in containers.items() if "profiles" in each] == ["mailpit"]


# --- .env ---


def test_a_fresh_env_is_for_its_owner_alone_and_never_replaces_another(tmp_path: Path) -> None:
    path = tmp_path / ".env"
    written = fresh()
    env.write(path, written)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert read_env(path.read_text(encoding="utf-8")) == written
    with pytest.raises(FileExistsError):
        env.write(path, fresh())


def test_two_fresh_envs_share_no_secret() -> None:
    first, second = fresh(), fresh()
    assert {name for name in first if SECRET.search(name) and first[name] == second[name]} == {
        "NOTIFICATIONS_SMTP_PASSWORD",  # the mail server's, left empty
        *(f"{name.upper()}_SIGN_IN_CLIENT_SECRET" for name in source.SERVICE_NAMES),  # the provider's, too
    }


# --- the Dockerfile ---


def hadolint(file: Path) -> int:
    return source.run(source.ROOT, source.tool("hadolint"), str(file)).returncode


def test_the_dockerfile_passes_its_linter_and_a_fault_would_be_found(tmp_path: Path) -> None:
    wrong = tmp_path / "Dockerfile"
    wrong.write_text(DOCKERFILE.read_text(encoding="utf-8").replace(":3.11.14-slim-bookworm", ":latest"))
    assert hadolint(DOCKERFILE) == 0
    assert hadolint(wrong) != 0


def test_the_image_runs_as_a_numeric_user_with_the_locked_packages() -> None:
    text = DOCKERFILE.read_text(encoding="utf-8")
    stages = [re.findall(r"(?m)^USER (.+)$", stage) for stage in text.split("\nFROM ")]
    assert [users[-1] for users in stages if users] == ["10001:10001", "10001:10001"]
    assert "--no-deps --require-hashes --only-binary=:all: -r requirements.lock" in text


def test_the_image_holds_its_modules_compiled() -> None:
    # Its user may write nothing, so they would be compiled anew at each start: that is most of a start's time.
    stage = DOCKERFILE.read_text(encoding="utf-8").rpartition("\nFROM ")[2]
    assert "RUN python -m compileall -q chassis schemas services" in stage


def test_the_image_holds_the_chassis_the_schemas_and_one_service() -> None:
    stage = DOCKERFILE.read_text(encoding="utf-8").rpartition("\nFROM ")[2]
    assert re.findall(r"(?m)^COPY (\S+)", stage) == [
        "chassis",
        "--from=assets",
        "schemas",
        "services/__init__.py",
        "services/${SERVICE}",
    ]


def test_what_the_dockerfile_copies_reaches_the_builder() -> None:
    let_in = re.findall(r"(?m)^!(\S+)$", (source.ROOT / ".dockerignore").read_text(encoding="utf-8"))
    copied = re.findall(r"(?m)^COPY (?!--from)(\S+)", DOCKERFILE.read_text(encoding="utf-8"))
    assert copied
    assert [
        path for path in copied if not any(path == one or path.startswith(f"{one}/") for one in let_in)
    ] == []


def test_the_stage_that_builds_the_pages_assets_has_all_that_its_command_needs(tmp_path: Path) -> None:
    source.copy(tmp_path, "deploy/__init__.py", "deploy/assets", "chassis/web/look")
    answer = source.python(tmp_path, "-m", "deploy.assets", "--help")
    assert answer.returncode == 0, answer.stderr


def test_the_topics_image_has_all_that_its_command_needs(tmp_path: Path) -> None:
    source.copy(tmp_path, "deploy/__init__.py", "deploy/kafka")
    answer = source.python(tmp_path, "-m", "deploy.kafka", "show")
    assert answer.returncode == 0, answer.stderr
    assert "referrals.v1" in answer.stdout
