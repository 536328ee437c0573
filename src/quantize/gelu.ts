/** Beyond this, erf differs from one by less than half a unit in the last place of a double. */
const ERF_ONE = 5.9;

/**
 * The error function to about 1e-15, by `erf(x) = 2/sqrt(pi) e^(-x^2) sum_n 2^n x^(2n+1) / (2n+1)!!`
 * (Abramowitz and Stegun 7.1.6). All terms are positive, so nothing cancels.
 */
export function erf(x: number): number {
  if (Math.abs(x) >= ERF_ONE) return Math.sign(x);
  const square = x * x;
  let term = x;
  let sum = x;
  for (let n = 1; Math.abs(term) > 1e-16 * Math.abs(sum); n++) {
    term *= (2 * square) / (2 * n + 1);
    sum += term;
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-square) * sum;
}

/** `gelu(x) = x/2 (1 + erf(x / sqrt 2))`, the exact form (Hendrycks and Gimpel, arXiv 1606.08415). */
export function gelu(x: number): number {
  return 0.5 * x * (1 + erf(x * Math.SQRT1_2));
}
