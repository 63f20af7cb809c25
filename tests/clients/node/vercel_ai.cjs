// The Vercel AI SDK over its provider for OpenAI-compatible servers.
'use strict';

const { APICallError, Output, generateText, jsonSchema, streamText, tool } = require('ai');
const { createOpenAICompatible } = require('@ai-sdk/openai-compatible');
const { PERSON, TOOL_TAKES, answerAll, errorOf } = require('./asking.cjs');

const TOOLS = {
  get_weather: tool({
    description: 'The weather in a city.',
    inputSchema: jsonSchema(TOOL_TAKES),
  }),
};

function bodyOf(ask, extra) {
  const provider = createOpenAICompatible({
    name: 'gatewayz',
    baseURL: ask.base_url,
    apiKey: ask.key,
    includeUsage: true,
    supportsStructuredOutputs: true,
  });
  const settings = { temperature: 0, maxRetries: ask.retries };
  return { model: provider(ask.model), prompt: ask.prompt, ...settings, ...extra };
}

const told = (text, finish, usage, calls, response) => ({
  text,
  finish,
  usage: { input: usage.inputTokens, output: usage.outputTokens },
  calls: calls.map((call) => ({ name: call.toolName, arguments: call.input })),
  served_by: response.headers?.['x-gatewayz-gateway'],
});

async function chat(ask, extra) {
  const { text, finishReason, usage, toolCalls, response } = await generateText(bodyOf(ask, extra));
  return told(text, finishReason, usage, toolCalls, response);
}

async function stream(ask, extra) {
  const pieces = [];
  // It hands errors out as parts of the stream, and would print them as well.
  const result = streamText({ ...bodyOf(ask, extra), onError: () => {} });
  for await (const part of result.fullStream) {
    if (part.type === 'error') throw part.error;
    if (part.type === 'text-delta') pieces.push(part.text);
  }
  const [finish, usage, calls, response] = await Promise.all(
    [result.finishReason, result.usage, result.toolCalls, result.response]);
  return { ...told(pieces.join(''), finish, usage, calls, response), pieces: pieces.length };
}

async function schema(ask) {
  const output = Output.object({ schema: jsonSchema(PERSON), name: 'person' });
  return { value: (await generateText(bodyOf(ask, { output }))).output };
}

const operations = {
  chat: (ask) => chat(ask, {}),
  stream: (ask) => stream(ask, {}),
  tool_call: (ask) => chat(ask, { tools: TOOLS }),
  tool_call_streamed: (ask) => stream(ask, { tools: TOOLS }),
  json_schema: schema,
};

// What an answer says in its middle comes as a part of the stream that is no exception.
const isErrorPart = (raised) => Object.getPrototypeOf(raised) === Object.prototype;

function describe(raised) {
  if (isErrorPart(raised)) {
    return { ...errorOf(raised, { code: raised.code }), class: 'error part', is: ['error part'] };
  }
  if (!APICallError.isInstance(raised)) return null;
  return errorOf(raised, {
    status: raised.statusCode,
    retryAfter: raised.responseHeaders?.['retry-after'],
    code: raised.data?.error?.code,
  });
}

answerAll('ai', operations, describe);
