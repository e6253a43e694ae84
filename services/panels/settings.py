"""What the panels service is told by its environment."""

from pathlib import Path

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from chassis.settings import ServiceSettings
from services.panels.panel_files import CLOSURES, PANELS


class Settings(ServiceSettings):
    """Where the panels' files are; the rest is every service's."""

    model_config = SettingsConfigDict(env_prefix="PANELS_", frozen=True, hide_input_in_errors=True)

    folder: Path = Field(
        PANELS, description="the folder that holds one file per panel, such as placement.toml"
    )
    closures: Path = Field(CLOSURES, description="the file with the days on which the offices are closed")
    planner_megabytes: int = Field(
        1200, ge=150, le=100_000, description="megabytes, 150 or more, that the process which plans may use"
    )
