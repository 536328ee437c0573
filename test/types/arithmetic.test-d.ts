/** The remainders that the checks of shapes rest on. */
import type { Divides, IsCount } from '../../src/dsl/types/arithmetic.ts';

type Same<A, B> = [A, B] extends [B, A] ? true : false;
declare function holds<T extends true>(): T;

holds<Divides<12, 768>>();
holds<Divides<3, 192>>();
holds<Divides<16, 1024>>();
holds<Divides<1, 1024>>();
holds<Divides<1024, 1024>>();
holds<Divides<997, 4985>>();
holds<Same<Divides<5, 64>, false>>();
holds<Same<Divides<64, 5>, false>>();
holds<Same<Divides<7, 1024>, false>>();
holds<Same<Divides<996, 4985>, false>>();
holds<Same<Divides<10, 1001>, false>>();
// Not known is not wrong.
holds<Divides<number, 64>>();
holds<Divides<5, number>>();
holds<Divides<0, 64>>();

holds<IsCount<1>>();
holds<Same<IsCount<0>, false>>();
holds<Same<IsCount<-4>, false>>();
holds<Same<IsCount<2.5>, false>>();
holds<Same<IsCount<1e21>, false>>();
// @ts-expect-error 'false' does not satisfy the constraint 'true'
holds<Divides<5, 64>>();
