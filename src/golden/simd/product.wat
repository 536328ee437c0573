;; C = A * B^T on 16-bit operands with 32-bit sums.
;;
;; A lies in panels of 4 rows, B in panels of 8 rows; pack.ts makes both. A panel holds, for each
;; pair of neighbouring elements t, t+1 of the reduction, the pairs of all its rows side by side:
;;
;;     A: [row 0: t, t+1] [row 1: t, t+1] .. [row 3: t, t+1]     16 bytes per pair
;;     B: [row 0: t, t+1] [row 1: t, t+1] .. [row 7: t, t+1]     32 bytes per pair
;;
;; One pair of a row of A, copied to all lanes, times the pairs of 4 rows of B gives 4 sums of two
;; products each (i32x4.dot_i16x8_s). A block of 4 x 8 sums stays in 8 registers for the whole
;; reduction. C has `8 * panels_b` columns and `4 * panels_a` rows of int32.
;;
;; Nothing here detects overflow: the caller has shown that no sum leaves 32 bits. All addresses
;; are bytes, multiples of 16.
(module
  (memory (export "memory") 1)

  (func (export "product")
    (param $a i32) (param $b i32) (param $c i32)
    (param $panels_a i32) (param $panels_b i32)
    (param $pairs i32)                           ;; at least 1
    (local $rest_a i32) (local $rest_b i32)      ;; panels that are left
    (local $p i32) (local $q i32) (local $end i32)
    (local $sums i32) (local $column i32)        ;; where the block lies in C
    (local $row_bytes i32)                       ;; of C
    (local $x v128) (local $y0 v128) (local $y1 v128)
    (local $s00 v128) (local $s01 v128) (local $s10 v128) (local $s11 v128)
    (local $s20 v128) (local $s21 v128) (local $s30 v128) (local $s31 v128)

    (local.set $row_bytes (i32.shl (local.get $panels_b) (i32.const 5)))
    (local.set $rest_b (local.get $panels_b))
    (local.set $column (local.get $c))

    ;; A panel of B stays in the first cache while all of A passes by.
    (loop $each_b
      (local.set $p (local.get $a))
      (local.set $sums (local.get $column))
      (local.set $rest_a (local.get $panels_a))

      (loop $each_a
        (local.set $q (local.get $b))
        (local.set $end (i32.add (local.get $p) (i32.shl (local.get $pairs) (i32.const 4))))
        (local.set $s00 (v128.const i32x4 0 0 0 0))
        (local.set $s01 (v128.const i32x4 0 0 0 0))
        (local.set $s10 (v128.const i32x4 0 0 0 0))
        (local.set $s11 (v128.const i32x4 0 0 0 0))
        (local.set $s20 (v128.const i32x4 0 0 0 0))
        (local.set $s21 (v128.const i32x4 0 0 0 0))
        (local.set $s30 (v128.const i32x4 0 0 0 0))
        (local.set $s31 (v128.const i32x4 0 0 0 0))

        (loop $each_pair
          (local.set $y0 (v128.load (local.get $q)))
          (local.set $y1 (v128.load offset=16 (local.get $q)))

          (local.set $x (v128.load32_splat (local.get $p)))
          (local.set $s00
            (i32x4.add (local.get $s00) (i32x4.dot_i16x8_s (local.get $x) (local.get $y0))))
          (local.set $s01
            (i32x4.add (local.get $s01) (i32x4.dot_i16x8_s (local.get $x) (local.get $y1))))

          (local.set $x (v128.load32_splat offset=4 (local.get $p)))
          (local.set $s10
            (i32x4.add (local.get $s10) (i32x4.dot_i16x8_s (local.get $x) (local.get $y0))))
          (local.set $s11
            (i32x4.add (local.get $s11) (i32x4.dot_i16x8_s (local.get $x) (local.get $y1))))

          (local.set $x (v128.load32_splat offset=8 (local.get $p)))
          (local.set $s20
            (i32x4.add (local.get $s20) (i32x4.dot_i16x8_s (local.get $x) (local.get $y0))))
          (local.set $s21
            (i32x4.add (local.get $s21) (i32x4.dot_i16x8_s (local.get $x) (local.get $y1))))

          (local.set $x (v128.load32_splat offset=12 (local.get $p)))
          (local.set $s30
            (i32x4.add (local.get $s30) (i32x4.dot_i16x8_s (local.get $x) (local.get $y0))))
          (local.set $s31
            (i32x4.add (local.get $s31) (i32x4.dot_i16x8_s (local.get $x) (local.get $y1))))

          (local.set $q (i32.add (local.get $q) (i32.const 32)))
          (br_if $each_pair
            (i32.lt_u
              (local.tee $p (i32.add (local.get $p) (i32.const 16)))
              (local.get $end))))

        (v128.store (local.get $sums) (local.get $s00))
        (v128.store offset=16 (local.get $sums) (local.get $s01))
        (local.set $sums (i32.add (local.get $sums) (local.get $row_bytes)))
        (v128.store (local.get $sums) (local.get $s10))
        (v128.store offset=16 (local.get $sums) (local.get $s11))
        (local.set $sums (i32.add (local.get $sums) (local.get $row_bytes)))
        (v128.store (local.get $sums) (local.get $s20))
        (v128.store offset=16 (local.get $sums) (local.get $s21))
        (local.set $sums (i32.add (local.get $sums) (local.get $row_bytes)))
        (v128.store (local.get $sums) (local.get $s30))
        (v128.store offset=16 (local.get $sums) (local.get $s31))
        (local.set $sums (i32.add (local.get $sums) (local.get $row_bytes)))

        (local.set $rest_a (i32.sub (local.get $rest_a) (i32.const 1)))
        (br_if $each_a (local.get $rest_a)))

      (local.set $b (local.get $q))
      (local.set $column (i32.add (local.get $column) (i32.const 32)))
      (local.set $rest_b (i32.sub (local.get $rest_b) (i32.const 1)))
      (br_if $each_b (local.get $rest_b)))))
