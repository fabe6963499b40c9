// The TypeScript client at our server. Usage: node client.mjs legacy|auto stdio COMMAND ARG... | http URL TOKEN
// Prints one line of JSON: what it saw. Exits with another code than 0 when something is not as the protocol says.
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";

const [era, kind, ...target] = process.argv.slice(2);

function transport() {
  if (kind === "stdio") {
    return new StdioClientTransport({ command: target[0], args: target.slice(1), stderr: "inherit" });
  }
  const headers = { Authorization: `Bearer ${target[1]}` };
  return new StreamableHTTPClientTransport(new URL(target[0]), { requestInit: { headers } });
}

const options = { capabilities: { elicitation: { form: {} } }, ...(era === "auto" && { versionNegotiation: { mode: "auto" } }) };
const client = new Client({ name: "interop", version: "1.0.0" }, options);
const questions = [];
client.setRequestHandler("elicitation/create", async (request) => {
  questions.push(request.params.message);
  return { action: "accept", content: { confirmed: true } };
});

await client.connect(transport());
const call = (name, args) => client.callTool({ name, arguments: args });
const { tools } = await client.listTools();
const { prompts } = await client.listPrompts();
const { resources } = await client.listResources();
const { resourceTemplates } = await client.listResourceTemplates();
const found = await call("search_models", { query: "coin" });
const refused = await call("get_model_info", { model_id: "no-such-model" });
const source = await client.readResource({ uri: "registry://models/coin-judge/versions/1.0.0/source" });
const prompt = await client.getPrompt({ name: "choose_model", arguments: { task: "judge a coin" } });
const completed = await client.complete({
  ref: { type: "ref/resource", uri: "registry://models/{model_id}" },
  argument: { name: "model_id", value: "coin" },
});
const deleted = await call("delete_model", { model_id: "dice-judge" });
const seen = {
  protocol: client.getNegotiatedProtocolVersion(),
  tools: tools.map((tool) => tool.name),
  prompts: prompts.map((each) => each.name),
  resources: resources.map((each) => each.uri),
  templates: resourceTemplates.map((each) => each.uriTemplate),
  found: found.structuredContent.items.map((item) => item.id),
  refused: [refused.isError, refused.content[0].text],
  source: source.contents[0].text,
  prompt: prompt.messages[0].content.text,
  completed: completed.completion.values,
  deleted: deleted.structuredContent?.state ?? deleted.content[0].text,
  questions,
};
await client.close();
console.log(JSON.stringify(seen));
