// RUN: alex-translate --alex-to-cuda --split-input-file --verify-diagnostics %s

gpu.module @op {
  gpu.func @f(%x: memref<8xf32>) kernel attributes {alexrt.kernel = "loops", known_block_size = array<i32: 32, 1, 1>, known_grid_size = array<i32: 1, 1, 1>} {
    %i = gpu.thread_id x
    %v = memref.load %x[%i] : memref<8xf32>
    // expected-error @+1 {{'math.exp' op has no form in CUDA C++}}
    %e = math.exp %v : f32
    memref.store %e, %x[%i] : memref<8xf32>
    gpu.return
  }
}

// -----

gpu.module @type {
  gpu.func @f(%x: memref<8xf32>) kernel attributes {alexrt.kernel = "loops", known_block_size = array<i32: 32, 1, 1>, known_grid_size = array<i32: 1, 1, 1>} {
    %i = gpu.thread_id x
    %v = memref.load %x[%i] : memref<8xf32>
    // expected-error @+1 {{'arith.extf' op has no form in CUDA C++}}
    %d = arith.extf %v : f32 to f64
    %e = arith.truncf %d : f64 to f32
    memref.store %e, %x[%i] : memref<8xf32>
    gpu.return
  }
}

// -----

gpu.module @vector {
  gpu.func @f(%x: memref<8xf32>) kernel attributes {alexrt.kernel = "loops", known_block_size = array<i32: 32, 1, 1>, known_grid_size = array<i32: 1, 1, 1>} {
    %i = gpu.thread_id x
    // expected-error @+1 {{'vector.load' op has no form in CUDA C++: unknown type of vector}}
    %v = vector.load %x[%i] : memref<8xf32>, vector<8xf32>
    vector.store %v, %x[%i] : memref<8xf32>, vector<8xf32>
    gpu.return
  }
}

// -----

gpu.module @argument {
  // expected-error @+1 {{'gpu.func' op has no form in CUDA C++: argument 1 is no array of a known shape}}
  gpu.func @f(%x: memref<8xf32>, %n: index) kernel attributes {alexrt.kernel = "loops", known_block_size = array<i32: 32, 1, 1>, known_grid_size = array<i32: 1, 1, 1>} {
    gpu.return
  }
}

// -----

gpu.module @size {
  // expected-error @+1 {{'gpu.func' op has no form in CUDA C++: it does not know the sizes of its blocks and its grid}}
  gpu.func @f() kernel attributes {alexrt.kernel = "loops"} {
    gpu.return
  }
}

// -----

gpu.module @family {
  // expected-error @+1 {{'gpu.func' op expects attribute alexrt.kernel}}
  gpu.func @f() kernel attributes {known_block_size = array<i32: 32, 1, 1>, known_grid_size = array<i32: 1, 1, 1>} {
    gpu.return
  }
}

// -----

gpu.module @shuffle {
  gpu.func @f(%x: memref<8xf32>) kernel attributes {alexrt.kernel = "loops", known_block_size = array<i32: 32, 1, 1>, known_grid_size = array<i32: 1, 1, 1>} {
    %i = gpu.thread_id x
    %c8 = arith.constant 8 : i32
    %v = memref.load %x[%i] : memref<8xf32>
    // expected-error @+1 {{'gpu.shuffle' op has no form in CUDA C++: it is not of a whole warp}}
    %w, %valid = gpu.shuffle xor %v, %c8, %c8 : f32
    memref.store %w, %x[%i] : memref<8xf32>
    gpu.return
  }
}

// -----

gpu.module @view {
  // expected-error @+1 {{'gpu.func' op has no form in CUDA C++: it has private memory, which is a memref.alloca here}}
  gpu.func @f() private(%p: memref<8xf32, #gpu.address_space<private>>) kernel attributes {alexrt.kernel = "loops", known_block_size = array<i32: 32, 1, 1>, known_grid_size = array<i32: 1, 1, 1>} {
    gpu.return
  }
}

// -----

gpu.module @tile {
  gpu.func @f(%x: memref<8xf32>) kernel attributes {alexrt.kernel = "loops", known_block_size = array<i32: 32, 1, 1>, known_grid_size = array<i32: 1, 1, 1>} {
    %c0 = arith.constant 0 : index
    %c1 = arith.constant 1 : index
    %c8 = arith.constant 8 : index
    scf.for %i = %c0 to %c8 step %c1 {
      // expected-error @+1 {{'memref.alloca' op has no form in CUDA C++: it is not at the start of the kernel}}
      %t = memref.alloca() : memref<8xf32>
    }
    gpu.return
  }
}

// -----

gpu.module @part {
  gpu.func @f(%x: memref<8xf32>) kernel attributes {alexrt.kernel = "loops", known_block_size = array<i32: 32, 1, 1>, known_grid_size = array<i32: 1, 1, 1>} {
    // expected-error @+1 {{'memref.reinterpret_cast' op has no form in CUDA C++: it is not all of its source}}
    %v = memref.reinterpret_cast %x to offset: [0], sizes: [4], strides: [1] : memref<8xf32> to memref<4xf32>
    gpu.return
  }
}

// -----

gpu.module @copy {
  gpu.func @f(%x: memref<8xf32>) workgroup(%s: memref<8xf32, #gpu.address_space<workgroup>>) kernel attributes {alexrt.kernel = "loops", known_block_size = array<i32: 32, 1, 1>, known_grid_size = array<i32: 1, 1, 1>} {
    %c0 = arith.constant 0 : index
    // expected-error @+1 {{'nvgpu.device_async_copy' op has no form in CUDA C++: it copies 8 bytes, not 4 or 16}}
    %t = nvgpu.device_async_copy %x[%c0], %s[%c0], 2 : memref<8xf32> to memref<8xf32, #gpu.address_space<workgroup>>
    gpu.return
  }
}

// -----

gpu.module @rounding {
  gpu.func @f(%x: memref<8xf32>) kernel attributes {alexrt.kernel = "loops", known_block_size = array<i32: 32, 1, 1>, known_grid_size = array<i32: 1, 1, 1>} {
    %i = gpu.thread_id x
    %v = memref.load %x[%i] : memref<8xf32>
    // expected-error @+1 {{'arith.truncf' op has no form in CUDA C++: the mode of rounding}}
    %r = arith.truncf %v : f32 to tf32
    %w = arith.extf %r : tf32 to f32
    memref.store %w, %x[%i] : memref<8xf32>
    gpu.return
  }
}

// -----

gpu.module @words {
  gpu.func @f(%x: memref<8xf32>) kernel attributes {alexrt.kernel = "loops", known_block_size = array<i32: 32, 1, 1>, known_grid_size = array<i32: 1, 1, 1>} {
    %i = gpu.thread_id x
    %v = vector.load %x[%i] : memref<8xf32>, vector<4xf32>
    // expected-error @+1 {{'vector.bitcast' op has no form in CUDA C++: the vectors are no words of f32}}
    %w = vector.bitcast %v : vector<4xf32> to vector<4xi32>
    %r = vector.bitcast %w : vector<4xi32> to vector<4xf32>
    vector.store %r, %x[%i] : memref<8xf32>, vector<4xf32>
    gpu.return
  }
}

// -----

gpu.module @fragments {
  gpu.func @f(%x: memref<8xf32>) kernel attributes {alexrt.kernel = "loops", known_block_size = array<i32: 32, 1, 1>, known_grid_size = array<i32: 1, 1, 1>} {
    %i = gpu.thread_id x
    %v = vector.load %x[%i] : memref<8xf32>, vector<2xf32>
    %numbers = vector.bitcast %v : vector<2xf32> to vector<4xbf16>
    %a = vector.shape_cast %numbers : vector<4xbf16> to vector<2x2xbf16>
    %s = memref.load %x[%i] : memref<8xf32>
    %word = vector.from_elements %s : vector<1xf32>
    %pair = vector.bitcast %word : vector<1xf32> to vector<2xbf16>
    %b = vector.shape_cast %pair : vector<2xbf16> to vector<1x2xbf16>
    %w = vector.load %x[%i] : memref<8xf32>, vector<4xf32>
    %c = vector.shape_cast %w : vector<4xf32> to vector<2x2xf32>
    // expected-error @+1 {{'nvgpu.mma.sync' op has no form in CUDA C++: it is neither 16 x 8 x 8 of tf32 nor 16 x 8 x 16 of bf16}}
    %d = nvgpu.mma.sync (%a, %b, %c) {mmaShape = [16, 8, 8]} : (vector<2x2xbf16>, vector<1x2xbf16>, vector<2x2xf32>) -> vector<2x2xf32>
    %r = vector.shape_cast %d : vector<2x2xf32> to vector<4xf32>
    vector.store %r, %x[%i] : memref<8xf32>, vector<4xf32>
    gpu.return
  }
}
