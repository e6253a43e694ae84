"""Builds the style sheet and the scripts of the pages, with Node from a wheel."""

from deploy.assets.building import AssetsFailed, build, modules

__all__ = ["AssetsFailed", "build", "modules"]
