import { writeFileSync } from 'node:fs';
import { benchAllocators } from './bench/allocators.ts';
const t=performance.now();
const r = await benchAllocators({ images: Number(process.argv[2]), probes: Number(process.argv[3]), models: ['mnist'], workers: 2 });
console.log(r.text); console.log('seconds', (performance.now()-t)/1000);
writeFileSync('/tmp/h4-scratch/allocators.json', JSON.stringify(r.json));
