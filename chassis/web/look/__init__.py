"""What every page looks like: one layout, GOV.UK's components under the council's own name, the built assets."""

from chassis.web.look.assets import OPEN_PATHS, Assets
from chassis.web.look.page import Link, Look, Navigation

__all__ = ["OPEN_PATHS", "Assets", "Link", "Look", "Navigation"]
