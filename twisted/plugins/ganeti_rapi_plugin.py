"""Makes ``twistd ganeti-rapi`` known to Twisted."""

from twisted.application.service import ServiceMaker

ganeti_rapi = ServiceMaker(
    "ganeti-rapi",
    "ganeti_rapi.service",
    "The remote API of a Ganeti cluster.",
    "ganeti-rapi",
)
