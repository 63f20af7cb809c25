// Keeps the Portkey gateway to this machine: it has an option for its port and none for its host,
// and would listen on every interface. Loaded with `node --require` before the gateway itself.
'use strict';

const { Server } = require('node:net');

const listenAnywhere = Server.prototype.listen;

Server.prototype.listen = function listenOnLoopback(first, ...rest) {
  const done = rest.find((argument) => typeof argument === 'function');
  if (first !== null && typeof first === 'object') {
    return listenAnywhere.call(this, { ...first, host: '127.0.0.1' }, ...rest);
  }
  return listenAnywhere.call(this, { port: Number(first), host: '127.0.0.1' }, done);
};
