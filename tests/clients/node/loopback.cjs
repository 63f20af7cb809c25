// Closes the outside to a process of Node.js, as tests/_guard does for Python: `node --require`.
'use strict';

const { Socket } = require('node:net');

const LOOPBACK = /^(localhost|127\.\d+\.\d+\.\d+|::1)$/;
const connectAnywhere = Socket.prototype.connect;

Socket.prototype.connect = function connectOnLoopback(...given) {
  const [first] = Array.isArray(given[0]) ? given[0] : given;
  const host = (typeof first === 'object' ? first.host : given[1]) ?? 'localhost';
  const path = typeof first === 'object' ? first.path : undefined;
  if (path === undefined && !LOOPBACK.test(String(host))) {
    console.error(`a test tried to reach ${host}: only loopback is open`);
    process.exit(97);
  }
  return connectAnywhere.apply(this, given);
};
