;; Products of float32 matrices, four rows by eight columns at a time: their 32 sums stay in registers, and the eight columns of
;; `b` that all rows need stay in the first cache.
(module
  (memory (export "memory") 1)
  (func (export "multiply")
    (param $a i32)       ;; address of the first factor, row after row
    (param $aStride i32) ;; bytes from one of its rows to the next
    (param $rows i32)    ;; a multiple of four, at least four
    (param $depth i32)   ;; columns of `a` and rows of `b`, at least one
    (param $b i32)       ;; address of the second factor in panels: eight columns after each other, row after row of them
    (param $panels i32)  ;; at least one
    (param $c i32)       ;; where the product goes
    (param $cStride i32) ;; bytes from one of its rows to the next
    (local $bPanel i32) (local $cRow i32) (local $row i32) (local $left i32) (local $end i32)
    (local $a0 i32) (local $a1 i32) (local $a2 i32) (local $a3 i32)
    (local $low v128) (local $high v128) (local $value v128)
    (local $low0 v128) (local $high0 v128) (local $low1 v128) (local $high1 v128)
    (local $low2 v128) (local $high2 v128) (local $low3 v128) (local $high3 v128)
    (local.set $depth (i32.shl (local.get $depth) (i32.const 2)))
    (loop $nextPanel
      (local.set $left (local.get $rows))
      (local.set $row (local.get $a))
      (local.set $cRow (local.get $c))
      (loop $nextRows
        (local.set $bPanel (local.get $b))
        (local.set $a0 (local.get $row))
        (local.set $a1 (i32.add (local.get $a0) (local.get $aStride)))
        (local.set $a2 (i32.add (local.get $a1) (local.get $aStride)))
        (local.set $a3 (i32.add (local.get $a2) (local.get $aStride)))
        (local.set $row (i32.add (local.get $a3) (local.get $aStride)))
        (local.set $end (i32.add (local.get $a0) (local.get $depth)))
        (local.set $low0 (v128.const i32x4 0 0 0 0)) (local.set $high0 (v128.const i32x4 0 0 0 0))
        (local.set $low1 (v128.const i32x4 0 0 0 0)) (local.set $high1 (v128.const i32x4 0 0 0 0))
        (local.set $low2 (v128.const i32x4 0 0 0 0)) (local.set $high2 (v128.const i32x4 0 0 0 0))
        (local.set $low3 (v128.const i32x4 0 0 0 0)) (local.set $high3 (v128.const i32x4 0 0 0 0))
        (loop $nextDepth
          (local.set $low (v128.load (local.get $bPanel)))
          (local.set $high (v128.load offset=16 (local.get $bPanel)))
          (local.set $value (v128.load32_splat (local.get $a0)))
          (local.set $low0 (f32x4.relaxed_madd (local.get $value) (local.get $low) (local.get $low0)))
          (local.set $high0 (f32x4.relaxed_madd (local.get $value) (local.get $high) (local.get $high0)))
          (local.set $value (v128.load32_splat (local.get $a1)))
          (local.set $low1 (f32x4.relaxed_madd (local.get $value) (local.get $low) (local.get $low1)))
          (local.set $high1 (f32x4.relaxed_madd (local.get $value) (local.get $high) (local.get $high1)))
          (local.set $value (v128.load32_splat (local.get $a2)))
          (local.set $low2 (f32x4.relaxed_madd (local.get $value) (local.get $low) (local.get $low2)))
          (local.set $high2 (f32x4.relaxed_madd (local.get $value) (local.get $high) (local.get $high2)))
          (local.set $value (v128.load32_splat (local.get $a3)))
          (local.set $low3 (f32x4.relaxed_madd (local.get $value) (local.get $low) (local.get $low3)))
          (local.set $high3 (f32x4.relaxed_madd (local.get $value) (local.get $high) (local.get $high3)))
          (local.set $bPanel (i32.add (local.get $bPanel) (i32.const 32)))
          (local.set $a1 (i32.add (local.get $a1) (i32.const 4)))
          (local.set $a2 (i32.add (local.get $a2) (i32.const 4)))
          (local.set $a3 (i32.add (local.get $a3) (i32.const 4)))
          (br_if $nextDepth (i32.lt_u (local.tee $a0 (i32.add (local.get $a0) (i32.const 4))) (local.get $end))))
        (v128.store (local.get $cRow) (local.get $low0))
        (v128.store offset=16 (local.get $cRow) (local.get $high0))
        (local.set $cRow (i32.add (local.get $cRow) (local.get $cStride)))
        (v128.store (local.get $cRow) (local.get $low1))
        (v128.store offset=16 (local.get $cRow) (local.get $high1))
        (local.set $cRow (i32.add (local.get $cRow) (local.get $cStride)))
        (v128.store (local.get $cRow) (local.get $low2))
        (v128.store offset=16 (local.get $cRow) (local.get $high2))
        (local.set $cRow (i32.add (local.get $cRow) (local.get $cStride)))
        (v128.store (local.get $cRow) (local.get $low3))
        (v128.store offset=16 (local.get $cRow) (local.get $high3))
        (local.set $cRow (i32.add (local.get $cRow) (local.get $cStride)))
        (br_if $nextRows (local.tee $left (i32.sub (local.get $left) (i32.const 4)))))
      (local.set $b (local.get $bPanel))
      (local.set $c (i32.add (local.get $c) (i32.const 32)))
      (br_if $nextPanel (local.tee $panels (i32.sub (local.get $panels) (i32.const 1)))))))
