// A Modbus TCP server built on jsmodbus. Prints "PORT n" when it listens on a free loopback port.
//
// The argument is the register map as JSON: table ("holding" or "input") → words from address 0. Every unit shows
// the same registers, as a device with a single unit does.
"use strict";

const net = require("node:net");
const modbus = require("jsmodbus");

const tables = JSON.parse(process.argv[2]);

function toBuffer(words = []) {
    const buffer = Buffer.alloc(2 * words.length);
    words.forEach((word, index) => buffer.writeUInt16BE(word, 2 * index));
    return buffer;
}

const listener = new net.Server();
new modbus.server.TCP(listener, { holding: toBuffer(tables.holding), input: toBuffer(tables.input) });
listener.listen(0, "127.0.0.1", () => console.log(`PORT ${listener.address().port}`));
