"""A local system hands the functions the sandbox's credentials, or the real ones that somebody set, never a mixture."""

from pathlib import Path

import pytest

from ops.endpoints import Ports, local_endpoints
from ops.errors import OpsError
from ops.project import write_project
from ops.settings import PROVIDERS, SECRETS, local_settings, read_env_file


def settings_with(folder: Path, given: dict[str, str]):
    return local_settings(local_endpoints(9000, given), given, folder / "keys.json", "http://127.0.0.1:9000")


def test_by_default_everything_is_local(tmp_path: Path) -> None:
    settings = settings_with(tmp_path, {})

    assert settings.real == ()
    assert settings.needs_sandbox
    assert settings.secrets.keys() == set(SECRETS)
    assert all(settings.secrets.values()), "the Firebase CLI asks Google for an empty secret"
    assert all(
        settings.values[provider.base_url].startswith("http://127.0.0.1:9015/") for provider in PROVIDERS.values()
    )


def test_a_real_providers_keys_take_the_sandbox_out_of_its_picture(tmp_path: Path) -> None:
    settings = settings_with(tmp_path, {"ANTHROPIC_API_KEY": "real"})

    assert settings.real == ("Claude",)
    assert settings.secrets["ANTHROPIC_API_KEY"] == "real"
    assert "ANTHROPIC_BASE_URL" not in settings.values
    assert settings.secrets["RAZORPAY_KEY_ID"] == "rzp_test_sandbox"


def test_half_of_a_real_providers_keys_are_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(OpsError, match=r"Razorpay .*RAZORPAY_WEBHOOK_SECRET"):
        settings_with(tmp_path, {"RAZORPAY_KEY_ID": "live", "RAZORPAY_KEY_SECRET": "live"})


def test_a_real_stores_url_reaches_the_functions(tmp_path: Path) -> None:
    settings = settings_with(tmp_path, {"COCKROACH_DB_URL": "postgresql://real/plazza"})

    assert settings.real == ("COCKROACH_DB_URL",)
    assert settings.secrets["COCKROACH_DB_URL"] == "postgresql://real/plazza"


def test_made_up_keys_stay_over_a_restart(tmp_path: Path) -> None:
    assert settings_with(tmp_path, {}).secrets["OTP_KEY"] == settings_with(tmp_path, {}).secrets["OTP_KEY"]
    assert (tmp_path / "keys.json").stat().st_mode & 0o077 == 0


def test_the_generated_project_keeps_secrets_out_of_the_plain_settings(tmp_path: Path) -> None:
    project = write_project(tmp_path / "project", Ports(9000), settings_with(tmp_path, {}), has_ui=False)

    plain = read_env_file(project.parent / "functions" / ".env.local")
    secret = read_env_file(project.parent / "functions" / ".secret.local")
    assert secret.keys() == set(SECRETS)
    assert not plain.keys() & set(SECRETS)
    assert not [name for name in plain if name.startswith(("FIREBASE_", "X_GOOGLE_", "EXT_", "KIT_"))], "reserved names"
    assert (project.parent / "functions" / "plazza" / "settings.py").exists()


@pytest.mark.parametrize("base", [80, 9281, 70000])
def test_a_base_port_outside_the_possible_is_one_clear_sentence(base: int) -> None:
    with pytest.raises(OpsError, match="PLAZZA_BASE_PORT"):
        Ports(base)


def test_a_port_that_browsers_and_node_refuse_is_named() -> None:
    with pytest.raises(OpsError, match="refuse port 6665"):
        Ports(6660)
