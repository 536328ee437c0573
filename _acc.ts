import { signalToNoise } from './src/accuracy/signal-to-noise.ts';
import { accuracySubjects } from './bench/support/accuracy-subjects.ts';
import { importParameters } from './src/import/index.ts';
import { createObservations, quantizeObserved } from './src/quantize/index.ts';
import { presets } from './src/dsl/presets.ts';
import { goldenResults, argMax, prepareGolden, encodeImage } from './src/golden/index.ts';
const [s] = await accuracySubjects(['mnist'], 500);
if (!s) throw new Error();
const parameters = importParameters(s.model, s.weights, s.folder);
const obs = createObservations(s.model, parameters, s.calibration.slice(0, 256));
for (const preset of (process.argv[2] ?? 'minmax').split(',') as (keyof typeof presets)[])
for (const [w, a] of [[4, 4], [8, 8]] as const)
  for (const steps of ['tensor', 'token'] as const) {
    const method = { ...presets[preset].method, steps };
    const { graph, parameters: p } = quantizeObserved(obs, { weights: w, activations: a, residual: 16, ends: 8, method });
    const results = await goldenResults(graph, s.images.map((i) => i.pixels), { workers: 1 });
    const right = results.filter((r, i) => argMax(r) === s.images[i]!.label).length;
    const hist = new Map<number, number>();
    const golden = prepareGolden(graph);
    for (const im of s.images.slice(0, 20)) for (const [n, v] of golden(encodeImage(graph.input, im.pixels))) if (n.endsWith('.exponents')) for (const e of v) hist.set(e, (hist.get(e) ?? 0) + 1);
    const noise = signalToNoise(s.model, p, graph, s.images.slice(0, 16).map((i) => i.pixels));
    const db = (f: (n: string) => boolean) => { const x = noise.filter((n) => f(n.layer)).map((n) => n.decibels ?? 0); return (x.reduce((q, y) => q + y, 0) / x.length).toFixed(2); };
    console.log(preset, `W${w}A${a}`, steps, right / results.length, 'norms dB', db((n) => n.endsWith('norm')), 'logits', db((n) => n === 'logits'), [...hist].sort((x, y) => x[0] - y[0]).map(([e, c]) => `${e}:${c}`).join(' '));
  }
