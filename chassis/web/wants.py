"""Whether whoever asks is shown a page or a document for programs."""

from starlette.requests import Request

_FOR_PROGRAMS = ("/api/", "/health/", "/internal/", "/metrics", "/openapi.json")


def wants_page(request: Request) -> bool:
    """Whether the request comes from a browser that opens a page. Addresses of the API never answer one."""
    accepts = request.headers.get("accept", "")
    return "text/html" in accepts and not request.url.path.startswith(_FOR_PROGRAMS)
