// What every client of Node.js is asked in the same way: see ../python/asking.py.
'use strict';

const fs = require('node:fs');
const path = require('node:path');

const TOOL_TAKES = {
  type: 'object',
  properties: { city: { type: 'string' } },
  required: ['city'],
  additionalProperties: false,
};
const PERSON = {
  type: 'object',
  properties: { name: { type: 'string' }, age: { type: 'integer' } },
  required: ['name', 'age'],
  additionalProperties: false,
};

// The names of an error's classes, from its own to Error.
function classesOf(raised) {
  const names = [];
  for (let kind = raised.constructor; kind && kind.name; kind = Object.getPrototypeOf(kind)) {
    names.push(kind.name);
  }
  return names;
}

function errorOf(raised, { status = null, retryAfter = null, code = null } = {}) {
  const is = classesOf(raised);
  return { class: is[0], is, status, retry_after: retryAfter, code, message: String(raised.message) };
}

// Asks everything in turn; `describe` gives an error's description, null for one that is not the
// client's own.
async function answerAll(name, operations, describe) {
  const asked = JSON.parse(fs.readFileSync(0, 'utf8'));
  const answers = {};
  for (const ask of asked) {
    try {
      answers[ask.id] = await operations[ask.do](ask);
    } catch (raised) {
      const told = describe(raised);
      if (told === null) console.error(raised);
      answers[ask.id] = { error: told ?? errorOf(raised) };
    }
  }
  // Read as a file: not every package lets its package.json be asked for by name.
  const file = path.join(process.env.NODE_PATH, name, 'package.json');
  const { version } = JSON.parse(fs.readFileSync(file, 'utf8'));
  fs.writeFileSync(1, JSON.stringify({ version, answers }));
}

module.exports = { PERSON, TOOL_TAKES, answerAll, errorOf };
