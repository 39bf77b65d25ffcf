// ONNX Runtime as another implementation: reads models and inputs (JSON, bytes in base64) from the standard input, runs
// each model, and answers with its output's floats and extents, or with the runtime's error.
import ort from 'onnxruntime-node';

const floatsOf = (text) => {
  const bytes = Buffer.from(text, 'base64');
  return new Float32Array(new Uint8Array(bytes).buffer);
};

const run = async ({ model, inputs }) => {
  try {
    const session = await ort.InferenceSession.create(new Uint8Array(Buffer.from(model, 'base64')));
    const feeds = Object.fromEntries(Object.entries(inputs).map(
      ([name, { floats, extents }]) => [name, new ort.Tensor('float32', floatsOf(floats), extents)]));
    const { output } = await session.run(feeds);
    return { floats: Buffer.from(output.data.buffer).toString('base64'), extents: output.dims };
  } catch (error) {
    return { error: String(error) };
  }
};

const chunks = [];
for await (const chunk of process.stdin) {
  chunks.push(chunk);
}

const answers = {};
for (const [name, request] of Object.entries(JSON.parse(Buffer.concat(chunks)))) {
  answers[name] = await run(request);
}

process.stdout.write(JSON.stringify(answers));
