"""The demonstration's aluminium rolling mill: a physical model with exact truth, behind real Modbus and OPC UA servers.

`Mill` is pure: it knows no socket, no event loop and no wall clock. `serve.serve_mill` puts it on the network.
"""

from collectors.simulated.mill import Mill

__all__ = ["Mill"]
