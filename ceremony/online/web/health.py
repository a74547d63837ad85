"""Whether the signer lives, and whether clients get what they accept: for load balancers and monitors."""

from http import HTTPStatus

from starlette.responses import Response

from ceremony.online.web.calls import Answer, Call
from ceremony.online.web.models import Health


async def alive(_call: Call) -> Answer:
    """The process answers."""
    return Answer(Health())


async def ready(call: Call) -> Answer:
    """Seconds to the end of every role, offline ones too; 503 when clients would refuse something."""
    found = await call.api.lookout.readiness()
    return Answer(found, HTTPStatus.OK if found.ready else HTTPStatus.SERVICE_UNAVAILABLE)


async def metrics(call: Call) -> Response:
    """The figures that a monitor reads."""
    body, media_type = await call.api.lookout.figures()
    return Response(body, media_type=media_type)
