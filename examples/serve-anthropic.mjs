// A message batch with Anthropic's SDK: ANTHROPIC_BASE_URL=http://127.0.0.1:8080 node serve-anthropic.mjs
import Anthropic from "@anthropic-ai/sdk";

const client = new Anthropic({ apiKey: process.env.ANTHROPIC_API_KEY ?? "none" });
const prompts = ["Name a river.", "Name a mountain."];
let batch = await client.messages.batches.create({ requests: prompts.map((content, i) => ({
  custom_id: `prompt-${i}`,
  params: { model: "m-small", max_tokens: 100, messages: [{ role: "user", content }] } })) });

while (batch.processing_status !== "ended") {
  await new Promise((resolve) => setTimeout(resolve, 200));
  batch = await client.messages.batches.retrieve(batch.id);
}
for await (const line of await client.messages.batches.results(batch.id))
  console.log(line.custom_id, line.result.type);
