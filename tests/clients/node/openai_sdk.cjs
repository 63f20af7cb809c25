// OpenAI's own SDK for Node.js.
'use strict';

const OpenAI = require('openai');
const { PERSON, TOOL_TAKES, answerAll, errorOf } = require('./asking.cjs');

const TOOLS = [{
  type: 'function',
  function: { name: 'get_weather', description: 'The weather in a city.', parameters: TOOL_TAKES },
}];
const PERSON_FORMAT = {
  type: 'json_schema',
  json_schema: { name: 'person', strict: true, schema: PERSON },
};

const client = (ask) =>
  new OpenAI({ baseURL: ask.base_url, apiKey: ask.key, maxRetries: ask.retries });

const bodyOf = (ask, extra) => ({
  model: ask.model,
  messages: [{ role: 'user', content: ask.prompt }],
  temperature: 0,
  ...extra,
});

const told = ({ choices: [choice], usage }) => ({
  text: choice.message.content,
  finish: choice.finish_reason,
  usage: usage && { input: usage.prompt_tokens, output: usage.completion_tokens },
  calls: (choice.message.tool_calls ?? []).map((call) => ({
    name: call.function.name,
    arguments: JSON.parse(call.function.arguments),
  })),
});

async function chat(ask, extra) {
  const sent = client(ask).chat.completions.create(bodyOf(ask, extra));
  const { data, response } = await sent.withResponse();
  return { ...told(data), served_by: response.headers.get('x-gatewayz-gateway') };
}

async function stream(ask, extra) {
  const body = bodyOf(ask, { stream_options: { include_usage: true }, ...extra });
  const pieces = [];
  const runner = client(ask).chat.completions.stream(body);
  runner.on('content', (piece) => pieces.push(piece));
  const answer = await runner.finalChatCompletion();
  return { ...told(answer), text: pieces.join(''), pieces: pieces.length };
}

const operations = {
  async models(ask) {
    const ids = [];
    for await (const model of client(ask).models.list()) ids.push(model.id);
    return { ids };
  },
  model: async (ask) => ({ id: (await client(ask).models.retrieve(ask.model)).id }),
  chat: (ask) => chat(ask, {}),
  stream: (ask) => stream(ask, {}),
  tool_call: (ask) => chat(ask, { tools: TOOLS }),
  tool_call_streamed: (ask) => stream(ask, { tools: TOOLS }),
  json_schema: async (ask) => ({
    value: JSON.parse((await chat(ask, { response_format: PERSON_FORMAT })).text),
  }),
};

function describe(raised) {
  if (!(raised instanceof OpenAI.OpenAIError)) return null;
  const { status, headers, code } = raised;
  return errorOf(raised, { status, retryAfter: headers?.get('retry-after'), code });
}

answerAll('openai', operations, describe);
