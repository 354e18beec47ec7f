"""Makes ``twistd ganeti-simulator`` known to Twisted."""

from twisted.application.service import ServiceMaker

ganeti_simulator = ServiceMaker(
    "ganeti-simulator",
    "ganeti_rapi.simulator_service",
    "A simulated Ganeti cluster's job daemon.",
    "ganeti-simulator",
)
