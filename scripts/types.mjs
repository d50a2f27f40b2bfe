// Rolls the declarations of each entry point up into one file beside its
// bundle, so that what is published shows the public API and nothing else.
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Extractor, ExtractorConfig } from '@microsoft/api-extractor';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const silent = { default: { logLevel: 'none' } };

const ENTRY_POINTS = {
  index: 'index',
  entities: 'entities',
  queue: 'queue/index',
  receive: 'receive/index',
};

for (const [entry, compiled] of Object.entries(ENTRY_POINTS)) {
  const mainEntryPointFilePath = join(root, 'dist', 'src', `${compiled}.d.ts`);
  const config = ExtractorConfig.prepare({
    configObject: {
      projectFolder: root,
      mainEntryPointFilePath,
      compiler: {
        overrideTsconfig: {
          compilerOptions: {
            target: 'es2023',
            module: 'nodenext',
            types: ['node'],
            experimentalDecorators: true,
            skipLibCheck: true,
            strict: true,
          },
          files: [mainEntryPointFilePath],
        },
      },
      newlineKind: 'lf',
      apiReport: { enabled: false },
      docModel: { enabled: false },
      tsdocMetadata: { enabled: false },
      dtsRollup: { enabled: true, untrimmedFilePath: join(root, 'lib', `${entry}.d.ts`) },
      messages: {
        compilerMessageReporting: { default: { logLevel: 'error' } },
        extractorMessageReporting: silent,
        tsdocMessageReporting: silent,
      },
    },
    configObjectFullPath: undefined,
    packageJsonFullPath: join(root, 'package.json'),
  });
  const { succeeded } = Extractor.invoke(config, { localBuild: true, messageCallback: quiet });
  if (!succeeded) process.exit(1);
}

function quiet(message) {
  message.handled = !['error', 'warning'].includes(message.logLevel);
}
