"""The application: routes, static files, protection, and the service they all ask."""

from urllib.parse import urlsplit

from fastapi import FastAPI
from starlette.middleware.gzip import GZipMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.staticfiles import StaticFiles
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from api import errors, security
from api import oidc as openid
from api.metrics import Metrics
from api.pages import (
    account,
    alerts,
    board,
    cases,
    dossiers,
    draft_photos,
    duplicates,
    exports,
    filing,
    imports,
    log,
    messages,
    moderation,
    office,
    oidc,
    operating,
    own_case,
    partners,
    photos,
    poster_office,
    posters,
    public,
    review,
    search,
    sighting_office,
    staff,
    stopping,
    webhooks,
)
from api.v1 import describe, own_reports, reports
from api.v1 import messages as messages_v1
from api.v1 import pfif as pfif_v1
from api.v1 import photos as photos_v1
from api.v1 import posters as posters_v1
from api.v1 import webhooks as webhooks_v1
from api.watch import Watch
from reunite.intake import Intake
from reunite.rates import Rates
from reunite.service import Service

MOST_BYTES = 256 * 1024
# What may be larger: photos, three of the largest or many ordinary ones at once. Each file has its own limit too.
LARGER = {r"/case/photos|/report/(missing|found)/photos": 61_000_000,
          r"/api/v1/(case|reports/[^/]+)/photos": 21_000_000, r"/imports": 65_000_000}  # fmt: skip
# Asked in this order: what comes most often is found first.
ROUTERS = (reports.router, public.router, draft_photos.router, filing.router, staff.router, account.router, oidc.router,
           review.router, office.router, moderation.router, exports.router, cases.router, partners.router,
           webhooks.router, photos.router, own_case.router, messages.router, search.router,
           duplicates.router, board.router, dossiers.router, log.router,
           alerts.router, posters.router, poster_office.router, sighting_office.router, imports.router,
           operating.router, stopping.router,
           own_reports.router, photos_v1.router, messages_v1.router, posters_v1.router,
           webhooks_v1.router, pfif_v1.router)  # fmt: skip


def create_app(service: Service) -> FastAPI:
    """Everything that answers HTTP for this service."""
    app = FastAPI(
        title="Reunite",
        description="File missing-child and found-person reports; they are compared with all of the other side.",
        version="1",
        openapi_url="/api/v1/openapi.json",
        docs_url=None,
        redoc_url=None,
    )
    app.state.service = service
    app.state.metrics = Metrics(service)
    app.state.rates = Rates.of(service.settings, service.database, service.keys)
    app.state.intake = Intake(service.database, service.keys, lambda: service.doorbell.ring())
    app.state.cookies = security.Cookies(service.settings)
    app.state.oidc = openid.Provider(service.settings) if service.settings.oidc_issuer else None
    for router in ROUTERS:
        app.include_router(router)
    describe.complete(app)
    # Only what is the same for everybody is compressed: see docs/decisions/compression.md.
    app.mount("/static", GZipMiddleware(StaticFiles(packages=[("api", "static")])), name="static")
    errors.install(app)
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=_hosts(service), www_redirect=False)
    app.add_middleware(security.BodyLimit, most=MOST_BYTES, larger=LARGER)
    app.add_middleware(security.SecurityHeaders, https=service.settings.public_url.startswith("https://"))
    if proxies := service.settings.proxies():
        app.add_middleware(ProxyHeadersMiddleware, trusted_hosts=proxies)
    app.add_middleware(Watch, metrics=app.state.metrics)
    return app


def _hosts(service: Service) -> list[str]:
    settings = service.settings
    public = urlsplit(settings.public_url).hostname
    # Without a public address people reach us at the one we listen on, which is this machine's own.
    if public:
        return [public, "127.0.0.1", "localhost"]
    return [settings.host, "127.0.0.1", "localhost"]
