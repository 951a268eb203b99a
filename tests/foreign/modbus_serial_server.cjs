// A Modbus TCP gateway built on modbus-serial. Prints "PORT n" when it listens on a free loopback port.
//
// The argument is the register map as JSON: unit → table ("holding" or "input") → first address → words.
// A register outside the map is refused with exception 2, a unit outside it with 11 (target did not respond).
"use strict";

const { ServerTCP } = require("modbus-serial");

const units = new Map(
    Object.entries(JSON.parse(process.argv[2])).map(([unit, tables]) => [
        Number(unit),
        { holding: flatten(tables.holding), input: flatten(tables.input) },
    ]),
);

function flatten(blocks = {}) {
    const words = new Map();
    for (const [first, block] of Object.entries(blocks)) {
        block.forEach((word, index) => words.set(Number(first) + index, word));
    }
    return words;
}

function read(table, address, unit) {
    if (!units.has(unit)) throw { modbusErrorCode: 11 };
    if (!units.get(unit)[table].has(address)) throw { modbusErrorCode: 2 };
    return units.get(unit)[table].get(address);
}

const server = new ServerTCP(
    {
        getHoldingRegister: (address, unit) => read("holding", address, unit),
        getInputRegister: (address, unit) => read("input", address, unit),
    },
    { host: "127.0.0.1", port: "0" }, // the number 0 would be taken for "not given" and become 502
);
server.on("initialized", () => console.log(`PORT ${server._server.address().port}`));
