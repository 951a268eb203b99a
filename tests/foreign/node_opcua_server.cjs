// An OPC UA server built on node-opcua. Prints "PORT n" when it listens on a loopback port.
//
// The arguments are a folder for the keys that the stack insists on, and the port (a free one if not given). The line
// "sessions" on standard input is answered by "SESSIONS n m": the number of sessions that the server holds, and how
// many there were since its start.
"use strict";

const path = require("node:path");
const readline = require("node:readline");
const {
    DataType,
    MessageSecurityMode,
    OPCUACertificateManager,
    OPCUAServer,
    SecurityPolicy,
    StatusCodes,
    Variant,
    VariantArrayType,
} = require("node-opcua");

const TICK_MS = 100;

// A node of another namespace comes first, so that the index of the mill's namespace is not the usual one.
function addNodes(addressSpace) {
    addressSpace.registerNamespace("urn:example:unused");
    const namespace = addressSpace.registerNamespace("urn:example:mill");
    const press = namespace.addObject({ browseName: "Press", organizedBy: addressSpace.rootFolder.objects });
    const add = (name, dataType, value) =>
        namespace.addVariable({
            componentOf: press,
            browseName: name,
            nodeId: `s=Press.${name}`,
            dataType: DataType[dataType],
            value: { dataType: DataType[dataType], arrayType: VariantArrayType.Scalar, value },
        });
    add("Energy", "Double", 1234567.875);
    add("Count", "UInt32", 4294967295);
    add("Total", "Int64", [0x1, 0x2]); // high and low half: 2 ** 32 + 2
    add("Running", "Boolean", true);
    add("Temperature", "Float", -12.5);
    add("Name", "String", "hot mill");
    const broken = add("Broken", "Double", 17);
    broken.setValueFromSource({ dataType: DataType.Double, value: 17 }, StatusCodes.BadSensorFailure, new Date(86400000));
    const stamped = add("Stamped", "Double", 0);
    stamped.setValueFromSource({ dataType: DataType.Double, value: 5 }, StatusCodes.Good, new Date(1700000000123));
    namespace.addVariable({
        componentOf: press,
        browseName: "Series",
        nodeId: "i=77",
        dataType: DataType.Double,
        valueRank: 1,
        arrayDimensions: [2],
        value: new Variant({ dataType: DataType.Double, arrayType: VariantArrayType.Array, value: [1, 2] }),
    });
    const ticks = add("Ticks", "UInt32", 0);
    let count = 0;
    return setInterval(() => ticks.setValueFromSource({ dataType: DataType.UInt32, value: ++count }), TICK_MS);
}

async function main() {
    const keys = new OPCUACertificateManager({ rootFolder: path.resolve(process.argv[2]) });
    const server = new OPCUAServer({
        host: "127.0.0.1",
        hostname: "127.0.0.1",
        port: Number(process.argv[3] ?? 0),
        securityModes: [MessageSecurityMode.None],
        securityPolicies: [SecurityPolicy.None],
        serverCertificateManager: keys,
        userCertificateManager: keys,
        allowAnonymous: true,
    });
    await server.initialize();
    const timer = addNodes(server.engine.addressSpace);
    await server.start();
    readline.createInterface({ input: process.stdin }).on("line", (line) => {
        if (line === "sessions") console.log(`SESSIONS ${server.engine.currentSessionCount} ${server.engine.cumulatedSessionCount}`);
    });
    process.on("SIGTERM", async () => {
        clearInterval(timer);
        await server.shutdown(0);
        process.exit(0);
    });
    console.log(`PORT ${new URL(server.getEndpointUrl().replace("opc.tcp", "http")).port}`);
}

main();
