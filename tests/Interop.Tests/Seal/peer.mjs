// Microsoft SEAL as another implementation: reads one request (JSON, objects in base64) from the standard input, does
// what it names with node-seal, and answers in the same way on the standard output.
import { createRequire } from 'node:module';

const seal = await createRequire(import.meta.url)('node-seal')();

const bytesOf = (text) => new Uint8Array(Buffer.from(text, 'base64'));
const textOf = (bytes) => Buffer.from(bytes).toString('base64');
const compressionOf = (request) => seal.ComprModeType[request.compression ?? 'none'];

const contextOf = (request) => {
  const parameters = seal.EncryptionParameters(seal.SchemeType.bfv);
  parameters.loadArray(bytesOf(request.parameters));
  const context = seal.Context(parameters, true, seal.SecurityLevel.tc128);
  if (!context.parametersSet()) {
    throw new Error(context.toHuman());
  }
  return context;
};

const loaded = (object, context, text) => {
  object.loadArray(context, bytesOf(text));
  return object;
};

const operations = {
  // A key pair, the public half in full and seeded.
  keys(request, context) {
    const generator = seal.KeyGenerator(context);
    return {
      secretKey: textOf(generator.secretKey().saveArray(seal.ComprModeType.none)),
      publicKey: textOf(generator.createPublicKey().saveArray(compressionOf(request))),
      seededPublicKey: textOf(generator.createPublicKeySerializable().saveArray(compressionOf(request))),
    };
  },

  // Encrypts each plaintext under the public key, and adds the ciphertexts up.
  encrypt(request, context) {
    const encryptor = seal.Encryptor(context, loaded(seal.PublicKey(), context, request.publicKey));
    const evaluator = seal.Evaluator(context);
    const ciphertexts = request.plaintexts.map(
      (text) => encryptor.encrypt(loaded(seal.PlainText(), context, text)));
    const sum = ciphertexts[0].clone();
    ciphertexts.slice(1).forEach((ciphertext) => evaluator.add(sum, ciphertext, sum));
    return {
      ciphertexts: ciphertexts.map((ciphertext) => textOf(ciphertext.saveArray(compressionOf(request)))),
      sum: textOf(sum.saveArray(compressionOf(request))),
    };
  },

  // Encrypts under the secret key; the second polynomial travels as a seed.
  encryptSeeded(request, context) {
    const secretKey = loaded(seal.SecretKey(), context, request.secretKey);
    const publicKey = seal.KeyGenerator(context, secretKey).createPublicKey();
    const encryptor = seal.Encryptor(context, publicKey, secretKey);
    return {
      ciphertexts: request.plaintexts.map((text) => textOf(encryptor
        .encryptSymmetricSerializable(loaded(seal.PlainText(), context, text))
        .saveArray(compressionOf(request)))),
    };
  },

  // Opens ciphertexts with the secret key.
  decrypt(request, context) {
    const decryptor = seal.Decryptor(context, loaded(seal.SecretKey(), context, request.secretKey));
    return {
      plaintexts: request.ciphertexts.map((text) => textOf(decryptor
        .decrypt(loaded(seal.CipherText(), context, text))
        .saveArray(compressionOf(request)))),
    };
  },

  // Whether each ciphertext is one that it reads.
  accepts(request, context) {
    return {
      accepted: request.ciphertexts.map((text) => {
        try {
          loaded(seal.CipherText(), context, text);
          return true;
        } catch {
          return false;
        }
      }),
    };
  },
};

let text = '';
for await (const chunk of process.stdin) {
  text += chunk;
}
const request = JSON.parse(text);
process.stdout.write(JSON.stringify(operations[request.operation](request, contextOf(request))));
