// A batch with OpenAI's SDK: OPENAI_BASE_URL=http://127.0.0.1:8080/v1 node serve-openai.mjs again.jsonl
import fs from "node:fs";
import OpenAI from "openai";

const client = new OpenAI({ apiKey: process.env.OPENAI_API_KEY ?? "none" });
const file = await client.files.create({ file: fs.createReadStream(process.argv[2]), purpose: "batch" });
let batch = await client.batches.create({
  input_file_id: file.id, endpoint: "/v1/chat/completions", completion_window: "24h" });

while (!["completed", "failed", "expired", "cancelled"].includes(batch.status)) {
  await new Promise((resolve) => setTimeout(resolve, 200));
  batch = await client.batches.retrieve(batch.id);
}
if (batch.output_file_id) console.log(await (await client.files.content(batch.output_file_id)).text());
process.exitCode = batch.status === "completed" ? 0 : 1;
