"""A browser in two words, such as ``Firefox on Windows``: as much as one needs to know one's own, and no more."""

# The first that is named: most browsers also name those that they want to be taken for.
_BROWSERS = {
    "Edg": "Edge",
    "SamsungBrowser/": "Samsung Internet",
    "OPR/": "Opera",
    "Firefox/": "Firefox",
    "FxiOS/": "Firefox",
    "CriOS/": "Chrome",
    "Chrome/": "Chrome",
    "Safari/": "Safari",
}
_SYSTEMS = {
    "Windows": "Windows",
    "iPhone": "an iPhone",
    "iPad": "an iPad",
    "Android": "Android",
    "CrOS": "a Chromebook",
    "Mac OS": "a Mac",
    "Linux": "Linux",
}


def agent_of(header: str) -> str:
    """The browser that sends this User-Agent."""
    browser = next((name for sign, name in _BROWSERS.items() if sign in header), "A browser")
    system = next((name for sign, name in _SYSTEMS.items() if sign in header), "")
    return f"{browser} on {system}" if system else browser
