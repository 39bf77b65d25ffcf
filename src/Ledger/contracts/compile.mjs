// Compiles the contracts, always to the same bytes, and says which.
//   node compile.mjs --check          compares the bytecode with digests.json
//   node compile.mjs --out FOLDER     writes <Contract>.json there, which dtwin anchor deploy reads, after the check
//   node compile.mjs --write-digests  takes the bytecode of changed sources as the new reference
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const require = createRequire(import.meta.url);
const solc = require('solc');
const deployable = ['CheckpointAnchor', 'MemberRegistry', 'RoundLedger'];
const digestsFile = join(here, 'digests.json');

// The networks of deploy/besu run the rules of London. OpenZeppelin stays at 5.2.0 for it: the EnumerableSet of 5.7.0
// needs an opcode of Cancun. Without metadata the bytecode holds nothing but code, so comments and paths cannot change it.
const settings = {
  evmVersion: 'london',
  optimizer: { enabled: true, runs: 200 },
  metadata: { appendCBOR: false, bytecodeHash: 'none' },
  outputSelection: {
    '*': {
      '*': [
        'abi', 'evm.bytecode.object', 'evm.deployedBytecode.object', 'evm.deployedBytecode.immutableReferences',
      ],
    },
  },
};

const compile = () => {
  const sources = Object.fromEntries(readdirSync(here).filter((name) => name.endsWith('.sol')).sort()
    .map((name) => [name, { content: readFileSync(join(here, name), 'utf8') }]));
  const input = JSON.stringify({ language: 'Solidity', sources, settings });
  const output = JSON.parse(solc.compile(input, {
    import: (path) => ({ contents: readFileSync(require.resolve(path), 'utf8') }),
  }));
  // Warnings of the library are its authors'; those of our own sources stop the compilation like errors.
  const problems = (output.errors ?? []).filter((problem) =>
    problem.severity === 'error' || !problem.sourceLocation?.file.startsWith('@'));
  if (problems.length > 0) {
    throw new Error(problems.map((problem) => problem.formattedMessage).join('\n'));
  }
  return Object.fromEntries(deployable.map((name) => {
    const { abi, evm } = output.contracts[`${name}.sol`][name];
    return [name, {
      contract: name,
      compiler: solc.version(),
      bytecode: `0x${evm.bytecode.object}`,
      deployedBytecode: `0x${evm.deployedBytecode.object}`,
      immutables: Object.values(evm.deployedBytecode.immutableReferences ?? {}).flat(),
      abi,
    }];
  }));
};

const artefacts = compile();
const digests = {
  compiler: solc.version(),
  bytecode: Object.fromEntries(deployable.map((name) => [
    name, createHash('sha256').update(Buffer.from(artefacts[name].bytecode.slice(2), 'hex')).digest('hex')])),
};
const [mode, folder] = process.argv.slice(2);
if (mode === '--write-digests') {
  writeFileSync(digestsFile, `${JSON.stringify(digests, null, 2)}\n`);
} else if (mode === '--check' || (mode === '--out' && folder)) {
  const expected = JSON.parse(readFileSync(digestsFile, 'utf8'));
  if (JSON.stringify(expected) !== JSON.stringify(digests)) {
    throw new Error(`The bytecode is not that of digests.json:\n${JSON.stringify(digests, null, 2)}`);
  }
  if (mode === '--out') {
    mkdirSync(folder, { recursive: true });
    for (const name of deployable) {
      writeFileSync(join(folder, `${name}.json`), `${JSON.stringify(artefacts[name], null, 2)}\n`);
    }
  }
} else {
  throw new Error('Give --check, --out FOLDER or --write-digests.');
}
process.stdout.write(`${JSON.stringify(digests)}\n`);
