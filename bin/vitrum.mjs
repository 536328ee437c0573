#!/usr/bin/env node
// Starts the command line from its TypeScript sources, through tsx, without a build step.
let tsx;
try {
  tsx = await import('tsx/esm/api');
} catch (error) {
  if (error.code !== 'ERR_MODULE_NOT_FOUND') throw error;
  console.error('The npm packages of Vitrum are not installed. Install them with: npm ci');
  process.exit(3);
}
tsx.register();
const { start } = await import('../src/cli/start.ts');
await start();
