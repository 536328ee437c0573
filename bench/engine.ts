import { fileURLToPath } from 'node:url';
import { percent, table, thousands } from '../src/cli/text.ts';
import { compile } from '../src/compile.ts';
import { type Occupancy, occupancy, type Plan, type Wait } from '../src/plan/index.ts';
import type { Measured } from './support/measured.ts';

const designs = ['mnist', 'tiny'];

const waits: Readonly<Record<Wait, string>> = {
  matmul: 'waiting for the loader',
  layerNorm: 'waiting for LayerNorm',
  softmax: 'waiting for softmax',
  meanPool: 'waiting for the mean over the tokens',
  input: 'waiting for input',
  result: 'waiting for results to be taken',
  products: 'waiting for products on their way to memory',
};

/** How busy the array is, and where the rest of its cycles goes. */
export async function measureEngine(): Promise<Measured> {
  const all: { design: string; text: string; json: unknown }[] = [];
  for (const design of designs) {
    const path = fileURLToPath(new URL(`../examples/${design}/${design}.vit.ts`, import.meta.url));
    const { plan } = await compile(path);
    all.push({ design, ...describe(design, plan, occupancy(plan)) });
  }
  return {
    text: all.map(({ text }) => text).join('\n\n'),
    json: Object.fromEntries(all.map(({ design, json }) => [design, json])),
  };
}

function describe(design: string, plan: Plan, parts: Occupancy): Measured {
  const { shape, products, cycles, utilization, board, clockMHz, framesPerSecond } = plan;
  const perCycle = products / cycles.perFrame;
  const rows: [string, number][] = [
    ['useful products', parts.useful],
    ['multipliers idle at the edges of tiles', parts.padding],
    ['passes shorter than the next load or the pipeline', parts.shortPasses],
    ['loading the first tile of an operation', parts.firstTiles],
    ['fetching instructions', parts.fetch],
    ...Object.entries(parts.waiting).map(([wait, n]): [string, number] => [waits[wait as Wait], n]),
  ];
  const shown = rows
    .filter(([, n]) => n > 0)
    .map(([name, n]) => [`  ${name}`, thousands(n), percent(n / parts.perFrame)]);
  const array = shape.inputs * shape.outputs;
  const text = [
    `${design} on ${board.name}: array ${shape.inputs} x ${shape.outputs}, ${shape.vector} vector lanes`,
    `${thousands(products)} products in ${thousands(cycles.perFrame)} cycles: ${perCycle.toFixed(1)} of ${array} a cycle, ${percent(utilization)}`,
    `${framesPerSecond.toFixed(0)} frames per second at ${clockMHz} MHz, latency ${thousands(cycles.latency)} cycles`,
    'cycles of a frame:',
    table([...shown, ['  all', thousands(parts.perFrame), percent(1)]], [1, 2]),
  ].join('\n');
  const json = {
    board: board.name,
    clockMHz,
    tile: shape,
    products,
    productsPerCycle: perCycle,
    utilization,
    framesPerSecond,
    cycles: { ...cycles, ...parts },
  };
  return { text, json };
}
