;; Dot products of one query with many rows of int8, 16 products at a time.
;; The query comes as int16 of at most 12 bits and the sums are int32, so that nothing overflows below 8,192 dimensions.
(module
  (memory (export "memory") 1)
  (func (export "scan")
    (param $row i32)        ;; address of the first row; the others follow without gaps
    (param $count i32)      ;; how many rows, at least one
    (param $dimensions i32) ;; bytes of a row, a multiple of 16
    (param $query i32)      ;; address of the query's int16 values
    (param $scale i32)      ;; address of each row's float32 scale
    (param $score i32)      ;; where each row's float32 score goes
    (local $rowEnd i32) (local $q i32) (local $sum v128) (local $sums v128) (local $bytes v128)
    (loop $rows
      (local.set $rowEnd (i32.add (local.get $row) (local.get $dimensions)))
      (local.set $q (local.get $query))
      (local.set $sum (v128.const i32x4 0 0 0 0))
      (local.set $sums (v128.const i32x4 0 0 0 0))
      (loop $values
        (local.set $bytes (v128.load (local.get $row)))
        (local.set $sum (i32x4.add (local.get $sum)
          (i32x4.dot_i16x8_s (i16x8.extend_low_i8x16_s (local.get $bytes)) (v128.load (local.get $q)))))
        (local.set $sums (i32x4.add (local.get $sums)
          (i32x4.dot_i16x8_s (i16x8.extend_high_i8x16_s (local.get $bytes)) (v128.load offset=16 (local.get $q)))))
        (local.set $q (i32.add (local.get $q) (i32.const 32)))
        (local.set $row (i32.add (local.get $row) (i32.const 16)))
        (br_if $values (i32.lt_u (local.get $row) (local.get $rowEnd))))
      (local.set $sum (i32x4.add (local.get $sum) (local.get $sums)))
      (f32.store (local.get $score)
        (f32.mul (f32.load (local.get $scale))
          (f32.convert_i32_s (i32.add
            (i32.add (i32x4.extract_lane 0 (local.get $sum)) (i32x4.extract_lane 1 (local.get $sum)))
            (i32.add (i32x4.extract_lane 2 (local.get $sum)) (i32x4.extract_lane 3 (local.get $sum)))))))
      (local.set $scale (i32.add (local.get $scale) (i32.const 4)))
      (local.set $score (i32.add (local.get $score) (i32.const 4)))
      (local.set $count (i32.sub (local.get $count) (i32.const 1)))
      (br_if $rows (local.get $count)))))
