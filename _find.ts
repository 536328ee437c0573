import { randomDesign } from './bench/support/random-design.ts';
for (let i = 0; i < 40; i++) { const d = randomDesign(11, i, { methods: true, small: true }); if (d.method.includes('token')) console.log(i, d.method, d.shape, d.bits, d.products); }
