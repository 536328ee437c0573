import { Writable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import type { Engine, SimResult, SynthResult } from '../../src/cli/commands/contracts.ts';
import { main } from '../../src/cli/main.ts';
import { DiagnosticsError } from '../../src/diagnostics/index.ts';
import type { LossReport } from '../../src/plan/index.ts';
import { type Detected, stepper, ToolError } from '../../src/tools/index.ts';

const SIM: SimResult = {
  design: 'mnist',
  frames: 20,
  layersCompared: 62,
  valuesCompared: 1234567,
  mismatches: 0,
  cyclesPerFrame: 50000,
  predictedCyclesPerFrame: 50000,
  macUtilization: 0.7531,
  top1Rtl: 0.95,
  top1Golden: 0.95,
};

const LOSSES: LossReport = {
  ...{ perFrame: 100, useful: 90, lost: { padding: 4, waitForSoftmax: 6 } },
  layers: [{ name: 'head', cycles: 100, products: 90, useful: 90, lost: {} }],
  operations: [],
};

const SYNTH: SynthResult = {
  design: 'mnist',
  tool: 'Yosys 0.55 (npm)',
  top: 'top',
  family: 'xcup',
  lut: 1200,
  lutram: 8,
  ff: 900,
  dsp: 64,
  bram36: 2.5,
  uram: 0,
  modules: [
    {
      name: 'vt_mac_array',
      group: 'array',
      instances: 4,
      lut: 1200,
      lutram: 8,
      ff: 900,
      dsp: 64,
      bram36: 2.5,
      uram: 0,
    },
  ],
  warnings: [],
  faults: [],
  latches: 0,
  seconds: 12,
};

function tool(name: string, state: Detected['state'], neededBy: Detected['neededBy']): Detected {
  const version = state === 'missing' ? undefined : '1.0';
  const install = `get ${name}`;
  return { name, title: name, version, minimum: '1.0', state, neededBy, gives: 'much', install };
}

const ENGINE: Engine = {
  build: async (design, options, { onStep }) => {
    const step = stepper(2, onStep);
    await step(
      'read',
      () => 3,
      (n) => `${n} layers`,
    );
    await step('emit', () => {});
    const out = options.out ?? 'rtl-out/mnist';
    return {
      design,
      out,
      files: ['rtl/top.v'],
      summary: [['tile', '8 x 8']],
      losses: LOSSES,
      memories: [],
    };
  },
  simulate: async () => SIM,
  synthesize: async () => SYNTH,
  measureAccuracy: async (design, { images }) => ({
    design: `${design} ${images ?? 'own'}`,
    images: 200,
    labelled: 100,
    reference: 'ONNX Runtime 1.30.0',
    float: { top1: 0.99, top5: 1 },
    methods: [
      {
        ...{ name: 'design', bits: 'W4A8', top1: 0.9876, top5: 1, agreement: 0.995 },
        layers: [{ layer: 'embedding', decibels: 32.125 }],
        worst: { layer: 'embedding', decibels: 32.125 },
      },
    ],
    pictures: [],
  }),
  checkModel: async (file) => ({ file, summary: [['width', '24']], figures: { width: 24 } }),
  importModel: async (file, { out }) => ({ file, out, summary: [], figures: {} }),
  explore: () => Promise.reject(new Error('not asked for')),
  detectTools: async () => [tool('verilator', 'ok', ['sim']), tool('yosys', 'missing', [])],
};

async function vitrum(args: string[], engine: Partial<Engine> = {}, options = {}) {
  let stdout = '';
  let stderr = '';
  const code = await main(
    args,
    { ...ENGINE, ...engine },
    {
      stdout: (text) => {
        stdout += text;
      },
      stderr: (text) => {
        stderr += text;
      },
      env: {},
      ...options,
    },
  );
  return { code, stdout, stderr };
}

/** A terminal as far as a line that is written again and again needs one. */
function fakeTerminal() {
  let text = '';
  const stream = new Writable({
    write(chunk, _encoding, done) {
      text += String(chunk);
      done();
    },
  });
  const moves = { clearLine: () => true, cursorTo: () => true, moveCursor: () => true };
  return {
    terminal: Object.assign(stream, { isTTY: true, columns: 80, ...moves }),
    written: () => text,
  };
}

/** The whole of stdout has to be one line with one JSON object. */
function onlyJson(stdout: string): Record<string, unknown> {
  expect(stdout.endsWith('\n')).toBe(true);
  expect(stdout.trim().split('\n')).toHaveLength(1);
  return JSON.parse(stdout) as Record<string, unknown>;
}

describe('build', () => {
  test('prints numbered steps with times on stderr and a summary on stdout', async () => {
    const { code, stdout, stderr } = await vitrum(['build', 'a.vit.ts', '--out', 'x']);
    expect(code).toBe(0);
    expect(stderr).toMatch(
      /^\[1\/2\] read \.\.\. \d\.\d s, 3 layers\n\[2\/2\] emit \.\.\. \d\.\d s\n$/,
    );
    expect(stdout).toMatch(/tile +8 x 8\nfiles +1 in x\ncycles of a frame\n/);
    expect(stdout).toContain('waiting for softmax');
  });

  test('--json leaves nothing but the object on stdout', async () => {
    const { code, stdout, stderr } = await vitrum(['build', 'a.vit.ts', '--json']);
    expect(code).toBe(0);
    expect(onlyJson(stdout)).toEqual({
      ok: true,
      design: 'a.vit.ts',
      out: 'rtl-out/mnist',
      files: ['rtl/top.v'],
      losses: LOSSES,
      memories: [],
    });
    expect(stderr).toContain('[2/2] emit');
    expect(stderr).toContain('8 x 8');
  });

  test('on a terminal a step shows before it is done', async () => {
    const build: Engine['build'] = (_design, _options, { onStep, onProgress }) =>
      stepper(6, onStep)('quantize', async () => {
        onProgress?.('40 %');
        throw new Error('stop');
      });
    const { terminal, written } = fakeTerminal();
    const { stderr } = await vitrum(['build', 'a'], { build }, { terminal });
    const shown = written();
    expect(shown.indexOf('[1/6] quantize ... 40 %')).toBeGreaterThan(0);
    expect(shown).toMatch(/\[1\/6\] quantize \.\.\. \d\.\d s, failed\n$/);
    expect(stderr).not.toContain('quantize ...');
  });
});

describe('check and import', () => {
  test('print what the model is', async () => {
    const { code, stdout } = await vitrum(['check', 'a.onnx', '--json']);
    expect(code).toBe(0);
    expect(onlyJson(stdout)).toEqual({ ok: true, file: 'a.onnx', width: 24 });
    expect((await vitrum(['check', 'a.onnx'])).stdout).toBe('model  a.onnx\nwidth  24\n');
  });

  test('pass their options on', async () => {
    const importModel: Engine['importModel'] = async (file, options) => {
      expect(options).toMatchObject({
        ...{ out: 'a.vit.ts', image: [224, 192], mean: [0.5, 0, -1], board: 'zcu102' },
        force: false,
      });
      return { file, out: options.out, summary: [], figures: {} };
    };
    const given = ['--image', '224x192', '--mean', '0.5,0,-1'];
    const { code } = await vitrum(['import', 'a.onnx', '-o', 'a.vit.ts', ...given], {
      importModel,
    });
    expect(code).toBe(0);
  });

  test('refuse what is no size and no number', async () => {
    for (const wrong of [
      ['--image', '0'],
      ['--mean', '1,,2'],
      ['--std', 'a'],
    ]) {
      const { code } = await vitrum(['import', 'a.onnx', '-o', 'b.vit.ts', ...wrong]);
      expect(code).toBe(2);
    }
    expect((await vitrum(['import', 'a.onnx'])).code).toBe(2);
  });
});

describe('sim', () => {
  test('prints the losses only when the cycles are those that were predicted', async () => {
    const simulate = (cyclesPerFrame: number) => async () => ({
      ...SIM,
      ...{ cyclesPerFrame, predictedCyclesPerFrame: 100, losses: LOSSES },
    });
    const equal = await vitrum(['sim', 'd'], { simulate: simulate(100) });
    expect(equal.stdout).toContain('waiting for softmax');
    const differing = await vitrum(['sim', 'd'], { simulate: simulate(101) });
    expect(differing.stdout).not.toContain('waiting for softmax');
  });

  test('passes its options on', async () => {
    const seen: unknown[] = [];
    const simulate: Engine['simulate'] = async (target, options) => {
      seen.push([target, options]);
      return SIM;
    };
    await vitrum(['sim', 'd', '--images', '20', '--stalls', '--seed', '7'], { simulate });
    await vitrum(['sim', 'd', '--trace'], { simulate });
    expect(seen).toEqual([
      ['d', { images: 20, stalls: true, seed: 7, trace: false }],
      ['d', { images: undefined, stalls: false, seed: 1, trace: true }],
    ]);
  });

  test('equality exits with 0', async () => {
    const { code, stdout } = await vitrum(['sim', 'd', '--json']);
    expect(code).toBe(0);
    expect(onlyJson(stdout)).toEqual({ ok: true, ...SIM });
    const text = await vitrum(['sim', 'd']);
    expect(text.stdout).toContain('1,234,567');
    expect(text.stdout).toContain('75.3 %');
    expect(text.stdout).toMatch(/The RTL equals the golden model\.\n$/);
  });

  test('a mismatch exits with 1 and is named', async () => {
    const first = { layer: 'head', token: 0, channel: 3, cycle: 99, expected: -1, got: 4 };
    const simulate = async () => ({ ...SIM, mismatches: 2, first });
    const json = await vitrum(['sim', 'd', '--json'], { simulate });
    expect(json.code).toBe(1);
    expect(onlyJson(json.stdout)).toMatchObject({ ok: false, mismatches: 2, first });
    const text = await vitrum(['sim', 'd'], { simulate });
    expect(text.code).toBe(1);
    expect(text.stdout).toContain('layer head, token 0, channel 3, cycle 99: expected -1, got 4.');
  });

  test('comparing nothing, and any other failed check, exits with 1', async () => {
    const nothing = await vitrum(['sim', 'd'], {
      simulate: async () => ({ ...SIM, valuesCompared: 0 }),
    });
    expect(nothing.code).toBe(1);
    expect(nothing.stdout).toContain('Nothing was compared.');
    const watchdog = await vitrum(['sim', 'd'], {
      simulate: async () => ({ ...SIM, failures: ['The stream m_axis is stuck.'] }),
    });
    expect(watchdog.code).toBe(1);
    expect(watchdog.stdout).toMatch(/The stream m_axis is stuck\.\n$/);
  });
});

describe('synth', () => {
  test('prints a table and the JSON figures', async () => {
    const seen: unknown[] = [];
    const synthesize: Engine['synthesize'] = async (target, options) => {
      seen.push([target, options]);
      return SYNTH;
    };
    const { code, stdout } = await vitrum(['synth', 'd'], { synthesize });
    expect(code).toBe(0);
    expect(stdout).toMatch(/vt_mac_array +array +4 +1,200 +8 +900 +64 +2\.5 +0\n/);
    const json = await vitrum(['synth', 'd', '--json', '--native'], { synthesize });
    await vitrum(['synth', 'd', '--no-native'], { synthesize });
    expect(onlyJson(json.stdout)).toMatchObject({ ok: true, lut: 1200, bram36: 2.5 });
    expect(seen).toEqual([
      ['d', { native: undefined, flatten: undefined }],
      ['d', { native: true, flatten: undefined }],
      ['d', { native: false, flatten: undefined }],
    ]);
  });

  test('a latch or a fault exits with 1 with its text', async () => {
    const faults = ['Warning: Wire top.x is used but has no driver.'];
    const fault = await vitrum(['synth', 'd'], { synthesize: async () => ({ ...SYNTH, faults }) });
    expect(fault.code).toBe(1);
    expect(fault.stdout).toContain(faults[0]);
    const latch = await vitrum(['synth', 'd'], {
      synthesize: async () => ({ ...SYNTH, latches: 2 }),
    });
    expect(latch.code).toBe(1);
    expect(latch.stdout).toContain('2 latches.');
  });
});

describe('doctor', () => {
  test('an optional tool that is missing is no failure', async () => {
    const { code, stdout } = await vitrum(['doctor']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/yosys +- +1\.0 +missing \(optional\) +much\n/);
  });

  test('without what sim needs it exits with 3', async () => {
    const detectTools = async () => [tool('verilator', 'too old', ['sim'] as const)];
    const { code, stdout } = await vitrum(['doctor', '--json'], { detectTools });
    expect(code).toBe(3);
    expect(onlyJson(stdout)).toMatchObject({ ok: false, tools: [{ name: 'verilator' }] });
    const text = await vitrum(['doctor'], { detectTools });
    expect(text.stdout).toContain('verilator: get verilator');
    expect(text.stdout).toContain('verilator is too old');
  });
});

describe('demo', () => {
  test('shows each digit with what became of it', async () => {
    const pixels = Uint8Array.from({ length: 16 }, (_, i) => (i % 4 === 1 ? 255 : 0));
    const image = { width: 4, height: 4, pixels, label: 7, predicted: 7, mismatches: 0 };
    const images = [image, { ...image, predicted: 1, mismatches: 3 }];
    const { code, stdout } = await vitrum(['demo'], { simulate: async () => ({ ...SIM, images }) });
    expect(code).toBe(0);
    expect(stdout).toContain(
      '   #\n   #\ndigit 1: label 7, predicted 7 (right); every layer equals',
    );
    expect(stdout).toContain('digit 2: label 7, predicted 1 (wrong); 3 values differ');
    const json = await vitrum(['demo', '--json'], {
      simulate: async () => ({ ...SIM, images }),
    });
    expect(onlyJson(json.stdout)).toEqual({ ok: true, ...SIM });
  });
});

describe('faults', () => {
  const diagnostics = [
    { code: 'VT101', message: '5 heads do not divide the width 64.', hint: '4 and 8 do.' },
    { code: 'VT110', message: '0 blocks.', place: { file: 'a.vit.ts', line: 7, column: 3 } },
  ] as const;

  test("the user's: every diagnostic on stderr, exit code 2, no stack", async () => {
    const build = () => Promise.reject(new DiagnosticsError(diagnostics));
    const { code, stdout, stderr } = await vitrum(['build', 'a'], { build });
    expect(code).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toBe(
      'VT101: 5 heads do not divide the width 64. 4 and 8 do.\nVT110 a.vit.ts:7:3: 0 blocks.\n',
    );
    const json = await vitrum(['build', 'a', '--json'], { build });
    expect(json.code).toBe(2);
    expect(onlyJson(json.stdout)).toEqual({ ok: false, diagnostics });
  });

  test("a tool's: exit code 3", async () => {
    const error = new ToolError({ code: 'VT601', message: 'verilator is not installed.' });
    const simulate = () => Promise.reject(error);
    const { code, stderr } = await vitrum(['sim', 'a'], { simulate });
    expect(code).toBe(3);
    expect(stderr).toBe('VT601: verilator is not installed.\n');
    const json = await vitrum(['sim', 'a', '--json'], { simulate });
    expect(json.code).toBe(3);
    expect(onlyJson(json.stdout)).toMatchObject({ ok: false, diagnostics: [{ code: 'VT601' }] });
  });

  test('internal: short, with the stack only on request', async () => {
    const build = () => Promise.reject(new TypeError('x is undefined'));
    const short = await vitrum(['build', 'a', '--json'], { build });
    expect(short.code).toBe(70);
    expect(short.stderr).toContain('Internal error: x is undefined\n');
    expect(short.stderr).toContain('VITRUM_DEBUG=1');
    expect(short.stderr).not.toContain('    at ');
    expect(onlyJson(short.stdout)).toEqual({ ok: false, internalError: 'x is undefined' });
    const long = await vitrum(['build', 'a'], { build }, { env: { VITRUM_DEBUG: '1' } });
    expect(long.stderr).toContain('    at ');
  });
});

describe('command line', () => {
  test.each([
    [['bild', 'x'], 'Did you mean build?'],
    [['sim', 'x', '--stall'], 'Did you mean --stalls?'],
    [['sim'], "missing required argument 'design|DIR'"],
    [['sim', 'x', '--images', '0'], 'whole number of at least 1'],
    [['sim', 'x', '--seed', '1.5'], 'whole number of at least 0'],
    [['build', 'a', 'b'], 'too many arguments'],
    [[], 'Usage: vitrum'],
  ])('%j exits with 2', async (args, text) => {
    const { code, stdout, stderr } = await vitrum(args);
    expect(code).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toContain(text);
    const json = await vitrum([...args, '--json']);
    expect(json.code).toBe(2);
    expect(onlyJson(json.stdout)).toMatchObject({ ok: false, diagnostics: [{ code: 'VT001' }] });
  });

  test.each(['build', 'sim', 'synth', 'doctor', 'demo'])('%s --help has examples', async (name) => {
    const { code, stdout } = await vitrum([name, '--help']);
    expect(code).toBe(0);
    expect(stdout).toContain('Examples:');
    expect(stdout).toContain('--json');
  });

  test('--version', async () => {
    expect((await vitrum(['--version'])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});
