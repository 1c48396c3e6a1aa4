// The Baseline variant of the SIMD kernels: the sources are Backends/SIMD/Kernels, joined here by the MultiISA plug-in,
// and the flags are in Package.swift. What differs in the source is in Kernels/Lanes.swift and
// Kernels/TransposeTile.swift.
