#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

// Angles of rotary embeddings are computed once a model, and an argument as large as a position wants an exact
// reduction: the C library's functions are right everywhere and fast enough.

func sine(_ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ n: Int) {
    for i in 0..<n { y[i] = sinf(x[i]) }
}

func cosine(_ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ n: Int) {
    for i in 0..<n { y[i] = cosf(x[i]) }
}
